import { createRequire } from "node:module";
import { crc32c } from "../../ingest/kafka/records/crc32c.ts";

const load = createRequire(import.meta.url);
const { RecordBatch } = load("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(options: object): Promise<{ readonly buffer: Buffer }>;
};
const Record = load("kafkajs/src/protocol/recordBatch/record/v0") as (options: object) => object;

export interface BatchOptions {
  readonly firstOffset?: number;
  readonly values: readonly (string | null)[];
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** 0 none, 1 gzip. */
  readonly codec?: 0 | 1;
  readonly time?: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
}

/** A record batch by kafkajs's own encoder. */
export async function encodeBatch(options: BatchOptions): Promise<Buffer> {
  const { values, key, headers, firstOffset = 0, codec = 0, time = 1000, producerId = -1, transactional } = options;
  const records = values.map((value, offsetDelta) =>
    Record({ key, value, headers, offsetDelta, timestampDelta: offsetDelta }),
  );
  const { buffer } = await RecordBatch({
    compression: codec,
    firstOffset,
    firstTimestamp: time,
    maxTimestamp: time + values.length - 1,
    lastOffsetDelta: values.length - 1,
    producerId,
    transactional,
    records,
  });
  return Buffer.from(buffer);
}

/** With the checksum that belongs to it, whatever was changed in it. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** The control record that ends a producer's transaction. */
export async function abortMarker(firstOffset: number, producerId: number, type: "abort" | "commit" = "abort") {
  const key = `\0\0\0${type === "abort" ? "\0" : "\u0001"}`;
  const batch = await encodeBatch({ firstOffset, values: ["\0\0\0\0\0\0"], key, producerId, transactional: true });
  batch.writeInt16BE(batch.readInt16BE(21) | 32, 21);
  return sealed(batch);
}
