import type { Admin, Kafka } from "kafkajs";
import { type Cluster, missingTopic, unavailable } from "../port.ts";
import { rememberBounds } from "../remember-bounds.ts";
import { fetchTopicId } from "./topic-id.ts";

export function createCluster(kafka: Kafka): Cluster {
  let connected: Promise<Admin> | null = null;

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

  const bounds = rememberBounds(async (topic) => {
    const rows = await ask((admin) => admin.fetchTopicOffsets(topic));
    return new Map(rows.map((row) => [row.partition, { low: Number(row.low), high: Number(row.high) }]));
  });

  return {
    async partitions(topics) {
      const counts = new Map<string, number>();
      for (const topic of topics) counts.set(topic, await countPartitions(ask, topic));
      return counts;
    },
    bounds,
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
    if (isUnknownTopic(error)) throw missingTopic(topic, error);
    throw unavailable(topic, (error as Error).message, error);
  }
}

function isUnknownTopic(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { type } = each as Error & { readonly type?: string };
    if (type === "UNKNOWN_TOPIC_OR_PARTITION" || type === "INVALID_TOPIC_EXCEPTION") return true;
  }
  return false;
}
