import type { TestKafka } from "../support/kafka.ts";
import { killEvents } from "./kill-rounds.ts";

/** The kill rounds' events on a topic of their own; what a config needs to read it. */
export async function killTopic(kafka: TestKafka, records: number): Promise<{ top: string; monitor: string }> {
  const topic = kafka.unique("kill");
  await kafka.createTopic(topic, 1);
  const events = killEvents(records);
  for (let at = 0; at < events.length; at += 5000) await kafka.produce(topic, 0, events.slice(at, at + 5000));
  return {
    top: `kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic}, sessionSeconds: 1 }`,
    monitor: `{ kafka: { topic: ${topic} } }`,
  };
}
