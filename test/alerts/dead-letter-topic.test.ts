import { Kafka, logLevel } from "kafkajs";
import { afterAll, expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { createRecordSender } from "../../cli/kafka-sender.ts";
import { systemClock } from "../../engine/clock.ts";
import { silentLog } from "../../engine/log.ts";
import { startTellingDeadLetters } from "../../engine/tell-dead-letters.ts";
import { start } from "../engine/harness.ts";
import { startKafka } from "../support/kafka.ts";

const broker = await startKafka();
afterAll(async () => {
  if (!("skip" in broker)) await broker.stop();
});

test.skipIf("skip" in broker)(
  "refused records are on the topic that their monitor names, as they came, each under an id of its own; a topic that comes late gets them all",
  async () => {
    if ("skip" in broker) return;
    const topic = broker.unique("refused");
    const store = createMemoryStore();
    const run = await start({ store, monitor: { deadLetterTopic: topic } });
    await run.source.push(0, [{ value: 1 }, ...Array.from({ length: 120 }, (_, i) => ({ other: i }))], "k");
    await run.service.stop();
    const sender = createRecordSender({ brokers: broker.brokers, ssl: false }, silentLog);
    const warned: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warned.push(text) };
    // A lease that a real clock would hold for a minute is over at once.
    const impatient = { ...store, takeTopicOut: (limit: number) => store.takeTopicOut(limit, 0) };
    const stop = startTellingDeadLetters(impatient, sender, systemClock, log);
    await expect.poll(() => warned.length, { timeout: 60_000 }).toBeGreaterThan(0);
    await broker.createTopic(topic, 3);
    const consumer = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: topic });
    const read = new Map<string, { key: string; value: string; reason: string; offset: string }>();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        const of = (name: string) => String(headers?.[`tidegauge-${name}`]);
        read.set(of("id"), { key: String(key), value: String(value), reason: of("reason"), offset: of("offset") });
      },
    });
    await expect.poll(() => read.size, { timeout: 90_000, interval: 200 }).toBe(120);
    const told = [...read.values()].sort((a, b) => Number(a.offset) - Number(b.offset));
    expect(told.map((one) => one.offset)).toEqual(Array.from({ length: 120 }, (_, i) => String(i + 1)));
    expect(told[7]).toEqual({ key: "k", value: '{"other":7}', reason: "missing-field", offset: "8" });
    await expect.poll(() => store.takeTopicOut(9, 0), { timeout: 60_000 }).toEqual([]);
    await stop();
    await consumer.disconnect();
    await sender.close();
  },
  240_000,
);
