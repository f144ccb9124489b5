/**
 * Process CPU of the Kafka source per message (195 bytes), without and with decoding, beside kafkajs alone.
 * `node --import tsx bench/ingest-kafka.ts` (KAFKA_BROKERS, or a broker of its own; see test/support/kafka.ts)
 */
import { Kafka, logLevel } from "kafkajs";
import { z } from "zod";
import type { Intake } from "../engine/source.ts";
import { createDecoder } from "../ingest/decode/decoder.ts";
import { createKafkaSource } from "../ingest/kafka.ts";
import { startKafka } from "../test/support/kafka.ts";

const EVENTS = Number(process.env.EVENTS ?? 500_000);
const kafka = await startKafka();
if ("skip" in kafka) process.exit(1);
const topic = kafka.unique("bench");
await kafka.createTopic(topic, 1);
const note = "x".repeat(150);
for (let from = 0; from < EVENTS; from += 50_000) {
  const values = Array.from(
    { length: 50_000 },
    (_, i) => `{"key":"k${i % 50}","value":${(i * 1.37).toFixed(4)},"note":"${note}"}`,
  );
  await kafka.produce(topic, 0, values);
}

const decode = createDecoder({ event: z.strictObject({ value: z.number() }) });
await report("kafkajs eachBatch alone", alone);
await report("source", () => source(() => {}));
await report("source and decode", () =>
  source((batch) => {
    for (const record of batch.records) decode(record);
  }),
);
await kafka.stop();
process.exit(0);

async function report(name: string, read: () => Promise<void>): Promise<void> {
  for (const round of ["first", "again"]) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await read();
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - start) / 1000;
    const rss = (process.memoryUsage.rss() / 2 ** 20).toFixed(0);
    console.log(
      `${name} (${round}): ${((user + system) / EVENTS).toFixed(2)} µs CPU per message, ${Math.round(EVENTS / seconds)}/s, rss ${rss} MiB`,
    );
  }
}

async function alone(): Promise<void> {
  if ("skip" in kafka) return;
  const consumer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.ERROR }).consumer({
    groupId: kafka.unique("g"),
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let events = 0;
  await new Promise<void>((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        events += batch.messages.length;
        if (events >= EVENTS) resolve();
      },
    });
  });
  await consumer.disconnect();
}

async function source(take: (batch: Parameters<Intake["deliver"]>[1]) => void): Promise<void> {
  if ("skip" in kafka) return;
  const source = createKafkaSource({ brokers: kafka.brokers, group: kafka.unique("g"), topics: [topic] });
  let events = 0;
  await source.run({
    claim: async () => ({ nextOffset: null, cursor: null }),
    async deliver(_, batch) {
      take(batch);
      events += batch.records.length;
      if (events >= EVENTS) void source.stop();
    },
    release: async () => {},
    highWatermark: () => {},
    halt: () => {},
  });
}
