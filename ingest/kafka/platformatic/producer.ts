import { type Connection, ConnectionPool, createAPI, Producer, type Reader, Writer } from "@platformatic/kafka";
import { REFUSALS, type RecordProducer, sendError } from "../port.ts";
import { PRODUCE, PRODUCE_VERSION, produceRequest, readProduceAnswer, refusal } from "../records/produce.ts";
import { writeBatch } from "../records/write-batch.ts";
import type { ClientOptions } from "./client.ts";
import { hasCode, whyOf } from "./cluster.ts";

interface Opened {
  /** Knows who leads what; nothing is sent by it. */
  readonly asking: Producer<Buffer, Buffer, Buffer, Buffer>;
  readonly pool: ConnectionPool;
}

/** Sends over connections of the library, batches written by ourselves: see the other client's. */
export function createProducer(options: ClientOptions): RecordProducer {
  let opened: Opened | null = null;

  function open(): Opened {
    const pool = new ConnectionPool(options.clientId, options);
    pool.on("error", () => undefined);
    return { asking: new Producer({ ...options, retries: 2 }), pool };
  }

  return {
    async send(topic, partition, records) {
      opened ??= open();
      const mine = opened;
      try {
        const { topics, brokers } = await mine.asking.metadata({ topics: [topic], autocreateTopics: false });
        const leader = brokers.get(topics.get(topic)?.partitions[partition]?.leader ?? -1);
        if (leader === undefined) throw new RangeError(`partition ${partition} has no leader`);
        const body = produceRequest(topic, partition, writeBatch(records, Date.now()));
        const failure = await produce(await mine.pool.get(leader), body);
        if (failure !== 0) throw refusal(topic, partition, failure);
      } catch (error) {
        // Leaders move, connections break: the next send begins anew.
        if (opened === mine) opened = null;
        void close(mine);
        if ((error as Error).name === "TidegaugeError") throw error;
        const types = Object.entries(REFUSALS).flatMap(([type, code]) => (hasCode(error, code) ? [type] : []));
        throw sendError(topic, partition, types, whyOf(error), error);
      }
    },
    async close() {
      if (opened !== null) await close(opened);
    },
  };
}

const api = createAPI(
  PRODUCE,
  PRODUCE_VERSION,
  (body: Buffer) => Writer.create().append(body),
  (_correlation: number, _key: number, _version: number, reader: Reader) => {
    const code = readProduceAnswer(reader.buffer.slice(reader.position));
    reader.skip(reader.remaining);
    return code;
  },
  false,
  false,
);

/** The broker's error code; 0: every in-sync replica has the batch. */
function produce(connection: Connection, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    api(connection, body, (error: Error | null, code?: number) => (error ? reject(error) : resolve(code!)));
  });
}

/** Ends its connections, whatever state they are in. */
async function close({ asking, pool }: Opened): Promise<void> {
  await new Promise<void>((resolve) => asking.close(true, () => resolve()));
  await pool.close().catch(() => {});
}
