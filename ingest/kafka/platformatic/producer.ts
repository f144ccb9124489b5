import { Producer } from "@platformatic/kafka";
import { REFUSALS, type RecordProducer, sendError } from "../port.ts";
import type { ClientOptions } from "./client.ts";
import { hasCode, whyOf } from "./cluster.ts";

const ALL_IN_SYNC = -1;

export function createProducer(options: ClientOptions): RecordProducer {
  let opened: Producer | null = null;
  return {
    async send(topic, partition, records) {
      opened ??= new Producer({ ...options, retries: 2 });
      const mine = opened;
      const messages = records.map(({ key, value, headers }) => ({
        topic,
        partition,
        ...(key === null ? {} : { key: bufferOf(key) }),
        ...(value === null ? {} : { value: bufferOf(value) }),
        headers: new Map(headers.map((header) => [Buffer.from(header.name), bufferOf(header.value!)])),
      }));
      try {
        await mine.send({ messages, acks: ALL_IN_SYNC, autocreateTopics: false });
      } catch (error) {
        if (opened === mine) opened = null;
        void closeProducer(mine);
        const types = Object.entries(REFUSALS).flatMap(([type, code]) => (hasCode(error, code) ? [type] : []));
        throw sendError(topic, partition, types, whyOf(error), error);
      }
    },
    async close() {
      if (opened !== null) await closeProducer(opened);
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Ends its connections, whatever state they are in. */
function closeProducer(producer: Producer): Promise<void> {
  return new Promise((resolve) => producer.close(true, () => resolve()));
}
