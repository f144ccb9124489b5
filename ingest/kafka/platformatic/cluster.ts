import { Admin, Base, Consumer } from "@platformatic/kafka";
import { type Cluster, FORBIDDEN, forbiddenTopic, missingTopic, REFUSALS, unavailable } from "../port.ts";
import { rememberBounds } from "../remember-bounds.ts";
import type { ClientOptions } from "./client.ts";
import { outlivingBrokers } from "./lost-broker.ts";

const LATEST = -1n;
const EARLIEST = -2n;
const READ_UNCOMMITTED = 0;

/** A consumer that joins no group: it only asks. */
export function createCluster(options: ClientOptions): Cluster {
  let asking: Consumer | null = null;

  async function ask<T>(topic: string, question: (client: Consumer) => Promise<T>): Promise<T> {
    // Whoever asks tries again by itself.
    asking ??= outlivingBrokers(new Consumer({ ...options, retries: 1, groupId: "tidegauge-asks" }));
    const mine = asking;
    try {
      return await question(mine);
    } catch (error) {
      if (asking === mine) asking = null;
      void closeConsumer(mine);
      if (isUnknownTopic(error)) throw missingTopic(topic, error);
      if (hasCode(error, FORBIDDEN.TOPIC_AUTHORIZATION_FAILED)) throw forbiddenTopic(topic, error);
      throw unavailable(topic, whyOf(error), error);
    }
  }

  const offsets = (topic: string, timestamp: bigint): Promise<readonly bigint[]> =>
    ask(topic, async (client) => {
      const found = await client.listOffsets({ topics: [topic], timestamp, isolationLevel: READ_UNCOMMITTED });
      return found.get(topic) ?? [];
    });

  const metadata = (topic: string, forceUpdate: boolean) =>
    ask(topic, async (client) => {
      const { topics } = await client.metadata({ topics: [topic], forceUpdate });
      return topics.get(topic);
    });

  const bounds = rememberBounds(async (topic) => {
    const [low, high] = await Promise.all([offsets(topic, EARLIEST), offsets(topic, LATEST)]);
    return new Map(high.map((end, partition) => [partition, { low: Number(low[partition] ?? 0n), high: Number(end) }]));
  });

  return {
    async partitions(topics) {
      const counts = new Map<string, number>();
      for (const topic of topics) counts.set(topic, (await metadata(topic, true))?.partitionsCount ?? 0);
      return counts;
    },
    bounds,
    async offsetAt(topic, partition, time) {
      const found = (await offsets(topic, BigInt(time)))[partition];
      if (found === undefined) throw unavailable(topic, `partition ${partition} is unknown`);
      return found < 0n ? (await bounds(topic, partition, true)).high : Number(found);
    },
    createTopic({ topic, partitions, replicationFactor, config }) {
      const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
      return refusal(options, topic, (admin) =>
        admin.createTopics({ topics: [topic], partitions, replicas: replicationFactor ?? -1, configs }),
      );
    },
    deleteTopic: (topic) => refusal(options, topic, (admin) => admin.deleteTopics({ topics: [topic] })),
    topicId: async (topic) => (await metadata(topic, true))?.id.replaceAll("-", "") ?? null,
    async close() {
      if (asking !== null) await closeConsumer(asking);
    },
  };
}

/** Null when it was done, or need not be done. */
async function refusal(
  options: ClientOptions,
  topic: string,
  work: (admin: Admin) => Promise<unknown>,
): Promise<string | null> {
  const admin = outlivingBrokers(new Admin({ ...options, retries: 1 }));
  try {
    await work(admin);
    return null;
  } catch (error) {
    if (hasCode(error, TOPIC_EXISTS) || hasCode(error, UNKNOWN_TOPIC)) return null;
    const refused = Object.entries(REFUSALS).find(([, code]) => hasCode(error, code));
    if (refused !== undefined) return refused[0];
    throw unavailable(topic, whyOf(error), error);
  } finally {
    await admin.close();
  }
}

interface Findable extends Error {
  findBy?(property: string, value: unknown): unknown;
}

const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const TOPIC_EXISTS = 36;

function isUnknownTopic(error: unknown): boolean {
  if (/^Unknown topic /.test((error as Error).message)) return true;
  return hasCode(error, UNKNOWN_TOPIC) || hasCode(error, INVALID_TOPIC);
}

/** Whether the brokers answered so, in an error or one that it gathers. */
export function hasCode(error: unknown, code: number): boolean {
  return Boolean((error as Findable).findBy?.("apiCode", code));
}

/** Leaves its group and ends its connections, whatever state they are in: where it cannot leave it would keep them. */
export function closeConsumer(consumer: Consumer): Promise<void> {
  const end: (told: () => void) => void = Base.prototype.close.bind(consumer);
  return new Promise((resolve) => consumer.close(true, (stays) => (stays ? end(resolve) : resolve())));
}

/** The library says "metadata failed 6 times."; why is in the last of the errors that it holds. */
export function whyOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors.at(-1) : (error as Error).cause;
  return inner instanceof Error && inner !== error ? whyOf(inner) : (error as Error).message;
}
