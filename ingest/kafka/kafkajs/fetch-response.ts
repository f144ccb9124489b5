import type { Kafka } from "kafkajs";
import { type ByteReader, createByteReader } from "../byte-reader.ts";
import { FORBIDDEN } from "../port.ts";
import type { RawFetch } from "../records/batch.ts";
import { type Coordinator, leaveLostCoordinator, reach } from "./lost-broker.ts";

const FETCH = 1;
/** The version that is decoded here: brokers from 2.3 on. */
const VERSION = 11;

/** A partition's fetch inside the one message that the client sees in its place. */
export interface Carrier {
  /** Null: the partition is not for us. The client would end the membership for it, with all other partitions. */
  readonly fetch: Omit<RawFetch, "askedOffset"> | null;
}

type Request = { request: { apiKey: number; apiVersion: number }; response: { decode: unknown } };
type Lookup = (apiKey: number, definition: unknown) => (options: unknown) => Request;

interface Broker extends Coordinator {
  lookupRequest: Lookup;
  fetch(options: unknown): Promise<unknown>;
}
interface Cluster {
  findBroker(which: unknown): Promise<Broker>;
}

/**
 * kafkajs decodes every record into an object of its own several times over, checks no checksum, and lets one damaged
 * batch fail the whole fetch with the partitions of all topics. So this client's fetch responses are taken apart here
 * only as far as partitions; their records go through the client as bytes.
 */
export function decodeFetchesOurselves(kafka: Kafka): void {
  const create = Object.getOwnPropertySymbols(kafka).find((each) => each.description?.endsWith(":createCluster"))!;
  const client = kafka as unknown as Record<symbol, (options: unknown) => Cluster>;
  const original = client[create]!;
  const patched = new WeakSet<Broker>();
  client[create] = (options) => {
    const cluster = original(options);
    const find = cluster.findBroker.bind(cluster);
    cluster.findBroker = async (which) => {
      const broker = await reach(() => find(which));
      if (!patched.has(broker)) {
        patched.add(patch(broker));
        leaveLostCoordinator(broker);
      }
      return broker;
    };
    return cluster;
  };
}

function patch(broker: Broker): Broker {
  const fetch = broker.fetch.bind(broker);
  let ours: Lookup | null = null;
  broker.fetch = (options) => {
    // It is replaced with each connection.
    if (broker.lookupRequest !== ours) {
      const lookup = broker.lookupRequest;
      ours = (apiKey, definition) => {
        const make = lookup(apiKey, definition);
        return apiKey === FETCH ? (request) => withOurDecoder(make(request)) : make;
      };
      broker.lookupRequest = ours;
    }
    return fetch(options);
  };
  return broker;
}

function withOurDecoder(made: Request): Request {
  if (made.request.apiVersion !== VERSION) throw new RangeError("the brokers are older than Kafka 2.3");
  return { ...made, response: { ...made.response, decode: async (data: Buffer) => decode(data) } };
}

/** What the client itself looks at, and the carriers. */
function decode(data: Buffer) {
  const reader = createByteReader(data);
  const { int16, int32, take, list } = reader;
  return {
    throttleTime: 0,
    clientSideThrottleTime: int32(),
    errorCode: int16(),
    sessionId: int32(),
    responses: list(int32(), () => ({
      topicName: take(int16()).toString(),
      partitions: list(int32(), () => readPartition(reader)),
    })),
  };
}

function readPartition({ int16, int32, int64, take, list }: ByteReader) {
  const partition = int32();
  const errorCode = int16();
  const highWatermark = int64();
  const lastStableOffset = int64();
  const lastStartOffset = int64();
  const aborted = list(int32(), () => ({ producerId: int64(), firstOffset: Number(int64()) }));
  const preferredReadReplica = int32();
  const records = take(Math.max(int32(), 0));
  const forbidden = errorCode === FORBIDDEN.TOPIC_AUTHORIZATION_FAILED;
  const fetch = { highWatermark: Number(highWatermark), aborted, records };
  return {
    partition,
    errorCode: forbidden ? 0 : errorCode,
    highWatermark: String(highWatermark),
    lastStableOffset: String(lastStableOffset),
    lastStartOffset: String(lastStartOffset),
    abortedTransactions: [],
    preferredReadReplica,
    messages: forbidden ? [carrier(null)] : records.length === 0 ? [] : [carrier(fetch)],
  };
}

/** Its offset is beyond all, so that the client never takes it for one from before its fetch. */
function carrier(fetch: Carrier["fetch"]) {
  return { offset: String(Number.MAX_SAFE_INTEGER), isControlRecord: false, batchContext: {}, fetch };
}
