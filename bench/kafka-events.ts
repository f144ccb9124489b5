import { createRandom, uniform } from "../detectors/statistics/random.ts";
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

/** A topic with them, each key on one partition. */
export async function eventsTopic(kafka: TestKafka, events: number, keys: number, partitions = 1): Promise<string> {
  const topic = kafka.unique("bench");
  await kafka.createTopic(topic, partitions);
  const waiting: string[][] = Array.from({ length: partitions }, () => []);
  for (const { key, value } of numericEvents(events, keys)) {
    const partition = Number(key.slice(key.indexOf("-") + 1)) % partitions;
    const batch = waiting[partition]!;
    if (batch.push(value) < 4000) continue;
    await kafka.produce(topic, partition, batch);
    batch.length = 0;
  }
  for (const [partition, batch] of waiting.entries())
    if (batch.length > 0) await kafka.produce(topic, partition, batch);
  return topic;
}
