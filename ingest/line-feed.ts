import type { Cursor, Intake, PartitionId, RawRecord } from "../engine/source.ts";
import { createLineSplitter, isBlank } from "./lines.ts";

const BATCH_LINES = 4096;
const BATCH_BYTES = 1 << 20;

export interface LineFeedOptions {
  readonly intake: Intake;
  readonly partition: PartitionId;
  readonly maxLineBytes: number;
  /** Offset of the line at the first byte pushed. */
  readonly line: number;
  /** Place of that byte. */
  readonly byte: number;
  /** Lines below it were processed before and are passed over. */
  readonly skipBelow: number;
  /** Names a place for a later restart; absent: it cannot be sought. */
  readonly cursor?: (line: number, byte: number) => Cursor;
  readonly stopped: () => boolean;
}

/** Numbers lines and delivers them in batches. Blank lines count but are no records. */
export interface LineFeed {
  push(chunk: Buffer): Promise<void>;
  /** The text ends here: what stands after the last newline is a line. */
  end(): Promise<void>;
  line(): number;
  /** Place after the last complete line. */
  byte(): number;
}

export function createLineFeed(options: LineFeedOptions): LineFeed {
  const { intake, partition, cursor, skipBelow, stopped } = options;
  const splitter = createLineSplitter(options.maxLineBytes);
  let line = options.line;
  let records: RawRecord[] = [];
  let bytes = 0;
  let place: Cursor | undefined;

  function take(value: Buffer, byte: number): void {
    const offset = line++;
    if (offset < skipBelow || isBlank(value)) return;
    if (records.length === 0) place = cursor?.(offset, byte);
    records.push({ offset, key: null, value, time: null });
    bytes += value.length;
  }

  async function flush(): Promise<void> {
    if (records.length === 0) return;
    const batch = { records, nextOffset: line, ...(place === undefined ? {} : { cursor: place }) };
    records = [];
    bytes = 0;
    await intake.deliver(partition, batch);
  }

  async function push(chunk: Buffer): Promise<void> {
    splitter.push(chunk);
    let start = options.byte + splitter.consumed();
    for (let value = splitter.next(); value !== null; value = splitter.next()) {
      take(value, start);
      start = options.byte + splitter.consumed();
      if (records.length < BATCH_LINES && bytes < BATCH_BYTES) continue;
      await flush();
      if (stopped()) return;
    }
    await flush();
  }

  return {
    push,
    async end() {
      const start = options.byte + splitter.consumed();
      const value = splitter.rest();
      if (value !== null) take(value, start);
      await flush();
    },
    line: () => line,
    byte: () => options.byte + splitter.consumed(),
  };
}
