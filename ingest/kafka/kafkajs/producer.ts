import type { IHeaders, Kafka, Producer } from "kafkajs";
import { type OutRecord, type RecordProducer, sendError } from "../port.ts";
import { typesOf } from "./cluster.ts";

export function createProducer(kafka: Kafka): RecordProducer {
  let connected: Promise<Producer> | null = null;

  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 2 } });
    await producer.connect();
    return producer;
  };
  return {
    async send(topic, partition, records) {
      connected ??= connect();
      const mine = connected;
      try {
        const producer = await mine;
        const messages = records.map((record) => ({
          partition,
          key: bufferOf(record.key),
          value: bufferOf(record.value),
          headers: headersOf(record),
        }));
        await producer.send({ topic, acks: -1, messages });
      } catch (error) {
        if (connected === mine) connected = null;
        mine.then((producer) => producer.disconnect()).catch(() => undefined);
        throw sendError(topic, partition, typesOf(error), (error as Error).message, error);
      }
    },
    async close() {
      await connected?.then((producer) => producer.disconnect()).catch(() => undefined);
    },
  };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes && (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** Those of one name stay in their order. */
function headersOf({ headers }: OutRecord): IHeaders {
  const out: Record<string, Buffer | Buffer[]> = {};
  for (const { name, value } of headers) {
    const bytes = bufferOf(value)!;
    const before = out[name];
    out[name] = before === undefined ? bytes : Array.isArray(before) ? [...before, bytes] : [before, bytes];
  }
  return out;
}
