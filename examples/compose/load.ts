import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";

/**
 * The load of docker-compose.yml: creates the topics, then sends latencies of some services for ever. Every ten minutes one
 * of them slows down for three; now and then a record is broken.
 *   KAFKA_BROKERS=kafka:9092 node examples/compose/load.ts
 */
const TOPIC = "latencies";
const REFUSED = "latencies.refused";
const PARTITIONS = 6;
const KEYS = 24;
const PER_TICK = 20;
const TICK_MS = 100;
const CYCLE_MS = 600_000;
const SLOW_MS = 180_000;
/** Its age is the container's health. */
const ALIVE = "/tmp/load-alive";

const kafka = new Kafka({
  brokers: (process.env.KAFKA_BROKERS ?? "127.0.0.1:9092").split(","),
  logLevel: logLevel.ERROR,
  retry: { retries: 30, maxRetryTime: 5_000 },
});
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({
  topics: [TOPIC, REFUSED].map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
});
await admin.disconnect();
const producer = kafka.producer({ allowAutoTopicCreation: false });
await producer.connect();

const started = Date.now();
for (let tick = 0; ; tick++) {
  const slow = (Date.now() - started) % CYCLE_MS > CYCLE_MS - SLOW_MS;
  // One key a send, so that it reaches one partition: it is there or it is not.
  const key = `service-${tick % KEYS}`;
  const messages = Array.from({ length: PER_TICK }, () => ({ key, value: record(slow && key === "service-7") }));
  await producer.send({ topic: TOPIC, acks: -1, messages });
  writeFileSync(ALIVE, "");
  await sleep(TICK_MS);
}

function record(slow: boolean): string {
  if (Math.random() < 0.0005) return "broken";
  const value = 40 + 10 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return JSON.stringify({ value: slow ? value * 1.5 : value, time: Date.now() });
}
