import { createRandom, uniform } from "../detectors/statistics/random.ts";
import { silentLog } from "../engine/log.ts";
import type { OutRecord } from "../ingest/kafka/port.ts";
import { CLIENTS } from "../ingest/kafka.ts";
import type { TestKafka } from "../test/support/kafka.ts";

/** Numeric events of 195 bytes, as services send them, keys spread evenly. */
export function* numericEvents(
  events: number,
  keys: number,
): Generator<{ readonly key: string; readonly value: string }> {
  const random = createRandom("bench", keys);
  for (let i = 0; i < events; i++) {
    const key = `tenant-${Math.floor(uniform(random) * keys)}`;
    const value = (uniform(random) + uniform(random) + uniform(random)).toFixed(6);
    const head = `{"key":"${key}","value":${value},"id":"${i}","service":"checkout","region":"eu-west-1","trace":"`;
    yield { key, value: `${head}${"a".repeat(Math.max(0, 195 - head.length - 2))}"}` };
  }
}

/** A topic with them, each key on one partition, written by our own encoder: the library's takes ten times as long. */
export async function eventsTopic(kafka: TestKafka, events: number, keys: number, partitions = 1): Promise<string> {
  const topic = kafka.unique("bench");
  await kafka.createTopic(topic, partitions);
  const producer = (await CLIENTS.kafkajs({ brokers: kafka.brokers }, silentLog)).producer();
  const waiting: OutRecord[][] = Array.from({ length: partitions }, () => []);
  const send = (partition: number) => producer.send(topic, partition, waiting[partition]!.splice(0));
  for (const { key, value } of numericEvents(events, keys)) {
    const partition = Number(key.slice(key.indexOf("-") + 1)) % partitions;
    if (waiting[partition]!.push({ key: null, value: Buffer.from(value), headers: [] }) === 4000) await send(partition);
  }
  for (const [partition, rest] of waiting.entries()) if (rest.length > 0) await send(partition);
  await producer.close();
  return topic;
}
