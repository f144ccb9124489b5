import type { Producer } from "kafkajs";
import type { KafkaRecord, RecordSender } from "../adapters/channels/kafka.ts";
import type { Log } from "../engine/log.ts";
import type { RawSender } from "../engine/tell-dead-letters.ts";
import type { KafkaConnection } from "../ingest/kafka/port.ts";

interface Closing {
  close(): Promise<void>;
}

/** A producer that connects at its first record, and anew after a failure. */
export function createRecordSender(connection: KafkaConnection, log: Log): RecordSender & RawSender & Closing {
  let connected: Promise<Producer> | null = null;
  const connect = async (): Promise<Producer> => {
    // Not before it is needed: a config without Kafka never loads the client.
    const { createKafkajs } = await import("../ingest/kafka/kafkajs/client.ts");
    const producer = createKafkajs(connection, log).producer({
      allowAutoTopicCreation: false,
      // The dispatcher tries again, under the same id: a long silence here would only hold its lease.
      retry: { retries: 1 },
    });
    await producer.connect();
    return producer;
  };
  return {
    async send({ topic, key, value, headers }: KafkaRecord | Parameters<RawSender["send"]>[0]) {
      connected ??= connect();
      const mine = connected;
      try {
        const producer = await mine;
        await producer.send({ topic, acks: -1, messages: [{ key, value, headers: { ...headers } }] });
      } catch (error) {
        if (connected === mine) connected = null;
        mine.then((producer) => producer.disconnect()).catch(() => undefined);
        throw error;
      }
    },
    async close() {
      await connected?.then((producer) => producer.disconnect()).catch(() => undefined);
    },
  };
}
