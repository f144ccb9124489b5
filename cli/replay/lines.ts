import type { TidegaugeError } from "../../engine/errors.ts";
import type { Intake, PartitionId, RawRecord, Source } from "../../engine/source.ts";

export interface Scan {
  readonly topic: string;
  readonly identity: string | null;
  /** Lines that there are, blank ones included. */
  readonly lines: number;
  /** Offset of the first record that was looked for; null: none is one. */
  readonly found: number | null;
}

/** Runs through a file without a monitor, up to the record that is looked for. */
export async function scanLines(source: Source, isIt: (record: RawRecord) => boolean = () => false): Promise<Scan> {
  let scan: Scan = { topic: "", identity: null, lines: 0, found: null };
  const error = await runWith(source, {
    async claim({ topic }, identity) {
      scan = { ...scan, topic, identity };
      return { nextOffset: null, cursor: null };
    },
    async deliver(_, { records, nextOffset }) {
      const found = records.find(isIt)?.offset ?? null;
      scan = { ...scan, lines: nextOffset, found: scan.found ?? found };
      if (scan.found !== null) await source.stop();
    },
    async release() {},
    highWatermark(_, offset) {
      scan = { ...scan, lines: offset };
    },
  });
  if (error) throw error;
  return scan;
}

/** Lines [from, to) of a file as a stream with an end. */
export function lineRange(source: Source, from: number, to: number): Source {
  return {
    ...source,
    async run(intake) {
      let here: PartitionId | null = null;
      const error = await runWith(source, {
        claim(partition, identity) {
          here = partition;
          return intake.claim(partition, identity);
        },
        async deliver(partition, batch) {
          const records = batch.records.filter(({ offset }) => offset >= from && offset < to);
          const nextOffset = Math.min(batch.nextOffset, to);
          if (nextOffset > from) await intake.deliver(partition, { records, nextOffset });
          if (nextOffset === to) await source.stop();
        },
        release: (partition) => intake.release(partition),
        highWatermark: (partition, offset) => intake.highWatermark(partition, offset),
      });
      // Not the stream's end: its keys have no last words.
      if (here !== null) await intake.release(here);
      if (error) throw error;
    },
  };
}

/** What stopped it, told in the end: a stretch that cannot be read whole is none. */
async function runWith(source: Source, intake: Omit<Intake, "halt">): Promise<TidegaugeError | null> {
  let halted: TidegaugeError | null = null;
  await source.run({
    ...intake,
    halt(_, error) {
      halted = error;
    },
  });
  return halted;
}
