import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../engine/log.ts";
import type { Intake, PartitionId } from "../../engine/source.ts";
import { createPartitionFeed, type PartitionFeed } from "./partition-feed.ts";
import { type Bounds, forbiddenTopic, type KafkaClient, type Member } from "./port.ts";
import { readFetch } from "./records/record-set.ts";

export interface SessionOptions {
  readonly client: KafkaClient;
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

/** A membership from its join to its failure or stop. */
export interface Session {
  /** Resolves with why when the member failed. */
  readonly crashed: Promise<Error>;
  /** Releases all partitions, commits the group's offsets, leaves. */
  close(): Promise<void>;
  commit(partition: PartitionId, nextOffset: number): void;
  feeds(): ReadonlyMap<string, PartitionFeed>;
  /** Ends it from outside. */
  fail(error: Error): void;
}

const COMMIT_MS = 5000;
/** A coordinator that neither answers nor refuses holds up no later membership: what is still asked of it ends by itself. */
const PARTING_MS = 5000;

export function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}[${partition}]`;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { intake, log, client } = options;
  let member: Member | null = null;
  let feeds = new Map<string, PartitionFeed>();
  const toCommit = new Map<string, PartitionId & { readonly offset: number }>();
  let fail: (error: Error) => void = () => {};
  const crashed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  // The first generation may come before the member is returned: its feeds claim only then.
  let joined: () => void = () => {};
  const here = new Promise<void>((resolve) => {
    joined = resolve;
  });
  let heartbeats: (() => void)[] = [];
  let closed = false;

  function open(id: PartitionId): PartitionFeed {
    return createPartitionFeed({
      id,
      intake,
      log,
      pause: () => member?.pause(id),
      resume: () => member?.resume(id),
      seek: (offset) => member?.seek(id, offset),
      bounds: (fresh) => client.cluster.bounds(id.topic, id.partition, fresh),
      beginning: (bounds) => options.beginning(id, bounds),
      identity: () => client.cluster.topicId(id.topic),
      fenced: () => options.fenced.add(nameOf(id)),
      fatal(error) {
        options.fatal(error);
        fail(error as Error);
      },
    });
  }

  function assign(partitions: readonly PartitionId[]): void {
    if (closed) return;
    const before = feeds;
    feeds = new Map();
    const heartbeat = new Promise<void>((resolve) => heartbeats.push(resolve));
    for (const id of partitions) {
      const name = nameOf(id);
      const previous = before.get(name);
      // Who was fenced may be a zombie: it claims again only once the group has confirmed it.
      const confirmed = options.fenced.delete(name) ? heartbeat : null;
      const feed = open(id);
      feeds.set(name, feed);
      feed.begin(Promise.all([here, previous?.end(), confirmed]));
    }
    for (const feed of before.values()) void feed.end();
    toCommit.clear();
    log.info("kafka partitions assigned", { group: options.group, partitions: [...feeds.keys()] });
  }

  function confirm(): void {
    const waiting = heartbeats;
    heartbeats = [];
    for (const resolve of waiting) resolve();
  }

  async function flushCommits(): Promise<void> {
    const offsets = [...toCommit.values()];
    toCommit.clear();
    if (offsets.length === 0 || member === null) return;
    await member.commit(offsets).catch((error: Error) => {
      // For lag tools only; the next one makes up for it.
      log.info(`kafka group offsets were not committed: ${error.message}`, { group: options.group });
    });
  }
  const committing = setInterval(() => void flushCommits(), COMMIT_MS);

  async function part(): Promise<void> {
    await Promise.race([flushCommits(), crashed]);
    await member?.leave();
  }

  const session: Session = {
    crashed,
    async close() {
      closed = true;
      clearInterval(committing);
      joined();
      confirm();
      await Promise.all([...feeds.values()].map((feed) => feed.end()));
      await Promise.race([part(), sleep(PARTING_MS, undefined, { ref: false })]);
    },
    commit(partition, nextOffset) {
      toCommit.set(nameOf(partition), { ...partition, offset: nextOffset });
    },
    feeds: () => feeds,
    fail: (error) => fail(error),
  };

  try {
    member = await client.join(options, {
      assigned: assign,
      rebalancing() {
        // Commits go ahead while the group gathers, so that the next owner goes on from here.
        for (const feed of feeds.values()) if (feed.state() !== "fenced") void feed.end();
      },
      heartbeat: confirm,
      forbidden: (id) => feeds.get(nameOf(id))?.refuse(forbiddenTopic(id.topic)),
      failed: fail,
      async fetched(id, fetch, taken, heartbeat) {
        const feed = feeds.get(nameOf(id));
        if (feed?.state() !== "running") return;
        for (const batch of readFetch(fetch)) {
          const offered = await feed.offer(batch, heartbeat);
          if (offered === "refused" || feed.state() !== "running") return;
          taken(batch.nextOffset);
          if (offered === "full") return;
        }
      },
    });
    joined();
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}
