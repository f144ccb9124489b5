import type { Admin, Kafka } from "kafkajs";
import { TidegaugeError } from "../../../engine/errors.ts";
import type { Bounds, Cluster } from "../port.ts";
import { fetchTopicId } from "./topic-id.ts";

const BOUNDS_MS = 1000;

export function createCluster(kafka: Kafka): Cluster {
  let connected: Promise<Admin> | null = null;
  const cached = new Map<string, { readonly at: number; readonly bounds: Promise<Map<number, Bounds>> }>();

  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    connected ??= connect(kafka);
    const mine = connected;
    try {
      return await question(await mine);
    } catch (error) {
      if (connected === mine) connected = null;
      mine.then((admin) => admin.disconnect()).catch(() => {});
      throw error;
    }
  }

  async function fetchBounds(topic: string): Promise<Map<number, Bounds>> {
    const rows = await ask((admin) => admin.fetchTopicOffsets(topic));
    return new Map(rows.map((row) => [row.partition, { low: Number(row.low), high: Number(row.high) }]));
  }

  return {
    async partitions(topics) {
      const counts = new Map<string, number>();
      for (const topic of topics) counts.set(topic, await countPartitions(ask, topic));
      return counts;
    },
    async bounds(topic, partition, fresh = false) {
      let entry = cached.get(topic);
      if (entry === undefined || fresh || Date.now() - entry.at > BOUNDS_MS) {
        entry = { at: Date.now(), bounds: fetchBounds(topic) };
        cached.set(topic, entry);
        entry.bounds.catch(() => cached.delete(topic));
      }
      const bounds = (await entry.bounds).get(partition);
      if (bounds === undefined) throw unavailable(topic, `partition ${partition} is unknown`);
      return bounds;
    },
    async offsetAt(topic, partition, time) {
      const rows = await ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, time));
      const row = rows.find((each) => each.partition === partition);
      if (row === undefined) throw unavailable(topic, `partition ${partition} is unknown`);
      return Number(row.offset);
    },
    topicId: (topic) => fetchTopicId(kafka, topic),
    async close() {
      const admin = await connected?.catch(() => null);
      await admin?.disconnect().catch(() => {});
    },
  };
}

async function connect(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

async function countPartitions(
  ask: <T>(question: (admin: Admin) => Promise<T>) => Promise<T>,
  topic: string,
): Promise<number> {
  try {
    const { topics } = await ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    return topics[0]?.partitions.length ?? 0;
  } catch (error) {
    if (!isUnknownTopic(error)) throw unavailable(topic, (error as Error).message, error);
    const fix = `Create it, or correct the topic in the monitor's source (kafka-topics.sh --create --topic ${topic})`;
    throw new TidegaugeError(
      "SOURCE_MISSING",
      { source: `kafka topic ${topic}`, what: "the brokers do not know it", fix },
      error,
    );
  }
}

function isUnknownTopic(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { type } = each as Error & { readonly type?: string };
    if (type === "UNKNOWN_TOPIC_OR_PARTITION" || type === "INVALID_TOPIC_EXCEPTION") return true;
  }
  return false;
}

function unavailable(topic: string, why: string, cause?: unknown): TidegaugeError {
  return new TidegaugeError("SOURCE_UNAVAILABLE", { source: `kafka topic ${topic}`, why }, cause);
}
