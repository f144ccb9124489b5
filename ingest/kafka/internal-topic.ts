import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Cluster, unavailable } from "./port.ts";

/** A topic of ours, keyed by a monitor's key. */
export interface InternalTopic {
  readonly topic: string;
  readonly monitor: string;
  /** The topic of which its records come. */
  readonly source: string;
  /** Null: as many as the source has when it is created. */
  readonly partitions: number | null;
  /** Null: the brokers' default. */
  readonly replicationFactor: number | null;
  readonly retentionMs: number;
  /** Largest record of the source that is not refused. */
  readonly recordBytes: number;
}

/** Room beside a record's value for keys, headers and the batch around it. */
const AROUND_BYTES = 64 << 10;
const BROKERS_DEFAULT_BYTES = 1_048_588;
const APPEARS_WITHIN_MS = 15_000;
const LOOK_MS = 200;

/** Creates it if it is not there; resolves with its partitions. REPARTITION_TOPIC when it cannot be used. */
export async function ensureInternalTopic(cluster: Cluster, internal: InternalTopic): Promise<number> {
  const { topic, monitor, partitions } = internal;
  const found = (await countOf(cluster, topic)) ?? (await create(cluster, internal));
  if (partitions === null || partitions === found) return found;
  throw new TidegaugeError("REPARTITION_TOPIC", {
    monitor,
    topic,
    why: `it has ${found} partitions, and the config says ${partitions}`,
    fix: `Correct \`repartition.partitions\`, or let \`tidegauge reset --monitor ${monitor}\` delete it: keys would move`,
  });
}

/** Null: it is not there. */
export async function countOf(cluster: Cluster, topic: string): Promise<number | null> {
  try {
    return (await cluster.partitions([topic])).get(topic)!;
  } catch (error) {
    if (error instanceof TidegaugeError && error.code === "SOURCE_MISSING") return null;
    throw error;
  }
}

async function create(cluster: Cluster, internal: InternalTopic): Promise<number> {
  const { topic, monitor, source, retentionMs, recordBytes, replicationFactor } = internal;
  const partitions = internal.partitions ?? (await cluster.partitions([source])).get(source)!;
  const refused = await cluster.createTopic({
    topic,
    partitions,
    replicationFactor,
    config: {
      "cleanup.policy": "delete",
      "retention.ms": String(retentionMs),
      // Events of long ago would be past their retention as soon as they are written.
      "message.timestamp.type": "LogAppendTime",
      "max.message.bytes": String(Math.max(BROKERS_DEFAULT_BYTES, recordBytes + AROUND_BYTES)),
    },
  });
  if (refused !== null)
    throw new TidegaugeError("REPARTITION_TOPIC", {
      monitor,
      topic,
      why: `the brokers do not create it (${refused})`,
      fix: `Allow the service to create, describe, read and write topics with this name, or create it with ${partitions} partitions and message.timestamp.type=LogAppendTime`,
    });
  // Brokers learn of it one after the other.
  for (const until = Date.now() + APPEARS_WITHIN_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const count = await countOf(cluster, topic);
    if (count !== null && count > 0) return count;
  }
  throw unavailable(topic, "it was created and does not appear");
}
