import type { TidegaugeError } from "../../engine/errors.ts";
import type { Rekey } from "../../engine/rekey.ts";
import type { InternalTopic } from "./internal-topic.ts";
import { partitionOf } from "./murmur2.ts";
import type { OutRecord, RecordProducer } from "./port.ts";
import { fromRekeyed, toRekeyed } from "./rekeyed.ts";

/** Well under what brokers take of one batch, which is about a MiB; a single record may be larger. */
const SEND_BYTES = 512 << 10;
/** About what is around a record's own bytes. */
const AROUND_BYTES = 100;

/** Keying anew through a topic; whoever makes sure of the topic says what came of that. */
export interface OpenRekey extends Rekey {
  readonly internal: InternalTopic;
  ready(partitions: number): void;
  failed(error: TidegaugeError): void;
}

export function createRekey(
  internal: InternalTopic,
  keyOf: Rekey["keyOf"],
  producer: () => Promise<RecordProducer>,
): OpenRekey {
  const { topic, source } = internal;
  let ready: (partitions: number) => void = () => {};
  let failed: (error: TidegaugeError) => void = () => {};
  const partitions = new Promise<number>((resolve, reject) => {
    ready = resolve;
    failed = reject;
  });
  partitions.catch(() => undefined);
  return {
    internal,
    topic,
    ready,
    failed,
    partitions: () => partitions,
    keyOf,
    partitionOf: (key, count) => partitionOf(Buffer.from(key), count),
    async write(partition, records) {
      const to = await producer();
      // One after the other: a later record is never there without the earlier ones.
      for (const piece of pieces(records.map(toRekeyed))) await to.send(topic, partition, piece);
    },
    restore: (record) => fromRekeyed(record, source),
  };
}

function* pieces(records: readonly OutRecord[]): Iterable<readonly OutRecord[]> {
  let piece: OutRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (piece.length > 0 && bytes + size > SEND_BYTES) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(record);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}

function sizeOf({ key, value, headers }: OutRecord): number {
  let size = AROUND_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += header.name.length + (header.value?.length ?? 0);
  return size;
}
