import {
  type Connection,
  createAPI,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  type Reader,
} from "@platformatic/kafka";
import type { AbortedTransaction } from "../records/batch.ts";

/** One partition of a response, its records as they came. */
export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  /** Kafka's error code; 0: none. */
  readonly error: number;
  readonly highWatermark: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly records: Buffer;
}

export interface FetchRequest {
  readonly waitMs: number;
  readonly bytes: number;
  readonly partitionBytes: number;
  /** By topic id. */
  readonly topics: ReadonlyMap<string, readonly { readonly partition: number; readonly offset: number }[]>;
}

const READ_COMMITTED = 1;
/** The versions that name topics by id and differ in nothing that is read here. */
const VERSIONS = { 13: fetchV13, 14: fetchV14, 15: fetchV15, 16: fetchV16, 17: fetchV17 } as const;

export const OLDEST_FETCH = "the brokers are too old: fetch 13 is unknown (Kafka 3.1)";

/** The newest fetch that both sides know; null where the broker knows none of them. */
export function chooseFetch(newest: number) {
  const version = Math.min(newest, 17) as keyof typeof VERSIONS;
  const known = VERSIONS[version];
  if (known === undefined) return null;
  const api = createAPI(1, version, known.createRequest as typeof fetchV17.createRequest, parse);
  return (connection: Connection, request: FetchRequest): Promise<FetchedPartition[]> =>
    new Promise((resolve, reject) => {
      const topics = [...request.topics].map(([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map(({ partition, offset }) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(offset),
          lastFetchedEpoch: -1,
          partitionMaxBytes: request.partitionBytes,
        })),
      }));
      const done = (error: Error | null, result?: FetchedPartition[]) => (error ? reject(error) : resolve(result!));
      api(connection, request.waitMs, 1, request.bytes, READ_COMMITTED, 0, 0, topics, [], "", done);
    });
}

function parse(_correlation: number, _key: number, _version: number, reader: Reader): FetchedPartition[] {
  // Throttle time; a session's error and id, of which there is none.
  reader.readInt32();
  const error = reader.readInt16();
  reader.readInt32();
  const partitions: FetchedPartition[] = [];
  reader.readArray((topics) => {
    const topicId = topics.readUUID();
    topics.readArray((each) => partitions.push(readPartition(each, topicId, error)));
  });
  return partitions;
}

function readPartition(reader: Reader, topicId: string, outer: number): FetchedPartition {
  const partition = reader.readInt32();
  const error = reader.readInt16() || outer;
  const highWatermark = Number(reader.readInt64());
  // Last stable offset, the log's start.
  reader.readInt64();
  reader.readInt64();
  const aborted = reader.readArray((each) => ({
    producerId: each.readInt64(),
    firstOffset: Number(each.readInt64()),
  }));
  reader.readInt32();
  const length = Math.max(reader.readUnsignedVarInt() - 1, 0);
  const records = reader.buffer.slice(reader.position, reader.position + length);
  reader.skip(length);
  return { topicId, partition, error, highWatermark, aborted: aborted ?? [], records };
}
