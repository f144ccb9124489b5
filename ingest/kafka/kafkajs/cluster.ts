import type { Admin, Kafka } from "kafkajs";
import { type Cluster, forbiddenTopic, missingTopic, REFUSALS, unavailable } from "../port.ts";
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
    async createTopic({ topic, partitions, replicationFactor, config }) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      const wanted = { topic, numPartitions: partitions, replicationFactor: replicationFactor ?? -1, configEntries };
      return refusal(topic, () => ask((admin) => admin.createTopics({ topics: [wanted], waitForLeaders: false })));
    },
    deleteTopic: (topic) => refusal(topic, () => ask((admin) => admin.deleteTopics({ topics: [topic] }))),
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
    if (typesOf(error).includes("TOPIC_AUTHORIZATION_FAILED")) throw forbiddenTopic(topic, error);
    throw unavailable(topic, (error as Error).message, error);
  }
}

/** Null when it was done, or need not be done. */
async function refusal(topic: string, work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const types = typesOf(error);
    if (types.some((type) => type === "TOPIC_ALREADY_EXISTS" || type === "UNKNOWN_TOPIC_OR_PARTITION")) return null;
    const refused = types.find((type) => type in REFUSALS);
    if (refused !== undefined) return refused;
    throw unavailable(topic, (error as Error).message, error);
  }
}

function isUnknownTopic(error: unknown): boolean {
  return typesOf(error).some((type) => type === "UNKNOWN_TOPIC_OR_PARTITION" || type === "INVALID_TOPIC_EXCEPTION");
}

/** The brokers' names of what went wrong, in an error, its causes and those that it gathers. */
export function typesOf(error: unknown): string[] {
  const types: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    const { type, errors } = each as Error & { readonly type?: string; readonly errors?: readonly unknown[] };
    if (type !== undefined) types.push(type);
    for (const inner of errors ?? []) types.push(...typesOf(inner));
  }
  return types;
}
