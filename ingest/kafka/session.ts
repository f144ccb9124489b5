import type { Batch, Consumer, Kafka } from "kafkajs";
import type { Log } from "../../engine/log.ts";
import type { Intake, PartitionId } from "../../engine/source.ts";
import { toFetchedBatch } from "./batch.ts";
import type { Bounds, Cluster } from "./cluster.ts";
import { createPartitionFeed, type PartitionFeed } from "./partition-feed.ts";

export interface SessionOptions {
  readonly kafka: Kafka;
  readonly cluster: Cluster;
  readonly group: string;
  readonly topics: readonly string[];
  readonly intake: Intake;
  readonly log: Log;
  beginning(partition: PartitionId, bounds: Bounds): Promise<number>;
  /** Names of partitions of which ownership was lost: kept over sessions. */
  readonly fenced: Set<string>;
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  /** What ends the source, not only this session. */
  fatal(error: unknown): void;
}

/** A consumer from its connection to its crash or stop. */
export interface Session {
  /** Resolves with why when the consumer crashed. */
  readonly crashed: Promise<Error>;
  /** Releases all partitions, commits the group's offsets, leaves. */
  close(): Promise<void>;
  commit(partition: PartitionId, nextOffset: number): void;
  feeds(): ReadonlyMap<string, PartitionFeed>;
  /** Ends it from outside. */
  fail(error: Error): void;
}

/** Waits at most this long for data: also how soon a partition is fetched after its claim. */
const MAX_WAIT_MS = 250;
const COMMIT_MS = 5000;
const PARTITIONS_AT_ONCE = 32;

export function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}[${partition}]`;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { intake, log, cluster } = options;
  const consumer = createConsumer(options);
  let feeds = new Map<string, PartitionFeed>();
  const toCommit = new Map<string, PartitionId & { readonly offset: string }>();
  let fail: (error: Error) => void = () => {};
  const crashed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  let heartbeats: (() => void)[] = [];
  let closed = false;

  const feedOf = ({ topic, partition }: PartitionId) => feeds.get(nameOf({ topic, partition }));

  function open(id: PartitionId): PartitionFeed {
    const one = [{ topic: id.topic, partitions: [id.partition] }];
    return createPartitionFeed({
      id,
      intake,
      log,
      pause: () => tell(() => consumer.pause(one)),
      resume: () => tell(() => consumer.resume(one)),
      seek: (offset) => tell(() => consumer.seek({ ...id, offset: String(offset) })),
      bounds: (fresh) => cluster.bounds(id.topic, id.partition, fresh),
      beginning: (bounds) => options.beginning(id, bounds),
      identity: () => cluster.topicId(id.topic),
      fenced: () => options.fenced.add(nameOf(id)),
      fatal(error) {
        options.fatal(error);
        fail(error as Error);
      },
    });
  }

  /** Runs before the client's first fetch in the new generation: everything is paused until it is claimed. */
  function assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    if (closed) return;
    const before = feeds;
    feeds = new Map();
    const heartbeat = new Promise<void>((resolve) => heartbeats.push(resolve));
    for (const [topic, partitions] of Object.entries(assignment)) {
      consumer.pause([{ topic, partitions: [...partitions] }]);
      for (const partition of partitions) {
        const previous = before.get(nameOf({ topic, partition }));
        // Who was fenced may be a zombie: it claims again only once the group has confirmed it.
        const confirmed = options.fenced.delete(nameOf({ topic, partition })) ? heartbeat : null;
        const feed = open({ topic, partition });
        feeds.set(nameOf({ topic, partition }), feed);
        feed.begin(Promise.all([previous?.end(), confirmed]));
      }
    }
    for (const feed of before.values()) void feed.end();
    toCommit.clear();
    log.info("kafka partitions assigned", { group: options.group, partitions: [...feeds.keys()] });
  }

  consumer.on("consumer.group_join", ({ payload }) => assign(payload.memberAssignment));
  consumer.on("consumer.rebalancing", () => {
    // Commits go ahead while the group gathers, so that the next owner goes on from here.
    for (const feed of feeds.values()) if (feed.state() !== "fenced") void feed.end();
  });
  consumer.on("consumer.heartbeat", () => {
    const waiting = heartbeats;
    heartbeats = [];
    for (const resolve of waiting) resolve();
  });
  consumer.on("consumer.crash", ({ payload }) => fail(payload.error));
  consumer.on("consumer.start_batch_process", ({ payload }) => {
    const { topic, partition, batchSize, lastOffset } = payload;
    if (batchSize === 0) feedOf({ topic, partition })?.passOver(Number(lastOffset) + 1);
  });

  async function flushCommits(): Promise<void> {
    const offsets = [...toCommit.values()];
    toCommit.clear();
    if (offsets.length === 0) return;
    await consumer.commitOffsets(offsets).catch((error: Error) => {
      // For lag tools only; the next one makes up for it.
      log.info(`kafka group offsets were not committed: ${error.message}`, { group: options.group });
    });
  }
  const committing = setInterval(() => void flushCommits(), COMMIT_MS);

  const session: Session = {
    crashed,
    async close() {
      closed = true;
      clearInterval(committing);
      for (const resolve of heartbeats) resolve();
      await Promise.all([...feeds.values()].map((feed) => feed.end()));
      await Promise.race([flushCommits(), crashed]);
      await consumer.disconnect().catch(() => {});
    },
    commit(partition, nextOffset) {
      toCommit.set(nameOf(partition), { ...partition, offset: String(nextOffset) });
    },
    feeds: () => feeds,
    fail: (error) => fail(error),
  };

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async ({ batch, heartbeat }) => {
        const feed = feedOf(batch);
        if (feed?.state() === "running") await feed.offer(toFetchedBatch(batch as Batch), heartbeat);
      },
    });
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

/** A consumer that crashed or left refuses orders; its feeds end with it. */
function tell(order: () => void): void {
  try {
    order();
  } catch (error) {
    if ((error as Error).name !== "KafkaJSNonRetriableError") throw error;
  }
}

function createConsumer({ kafka, group, sessionMs, heartbeatMs }: SessionOptions): Consumer {
  return kafka.consumer({
    groupId: group,
    sessionTimeout: sessionMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: Math.max(60_000, sessionMs),
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: 8 << 20,
    maxBytesPerPartition: 1 << 20,
    // A crashed consumer is replaced, not restarted: its state is not to be trusted.
    retry: { initialRetryTime: 200, maxRetryTime: 3000, retries: 5, restartOnFailure: async () => false },
  });
}
