import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterMetadata, Connection } from "@platformatic/kafka";
import type { PartitionId } from "../../../engine/source.ts";
import { type Bounds, FETCH, FORBIDDEN } from "../port.ts";
import type { RawFetch } from "../records/batch.ts";
import type { FetchedPartition, FetchRequest } from "./fetch.ts";

export interface FetcherOptions {
  readonly topics: readonly string[];
  metadata(fresh: boolean): Promise<ClusterMetadata>;
  connect(node: number, metadata: ClusterMetadata): Promise<Connection>;
  fetch(connection: Connection, request: FetchRequest): Promise<FetchedPartition[]>;
  bounds(partition: PartitionId): Promise<Bounds>;
  deliver(partition: PartitionId, fetch: RawFetch, taken: (nextOffset: number) => void): Promise<void>;
  /** The brokers do not let us read it. */
  forbidden(partition: PartitionId): void;
  /** What went wrong and is tried again. */
  complain(error: Error): void;
  failed(error: Error): void;
}

export interface Fetcher {
  assign(partitions: readonly PartitionId[]): void;
  pause(partition: PartitionId): void;
  resume(partition: PartitionId): void;
  seek(partition: PartitionId, offset: number): void;
  stop(): void;
}

interface Assigned {
  readonly id: PartitionId;
  next: number | null;
  paused: boolean;
  /** Its last fetch is being taken. */
  busy: boolean;
  /** Counts seeks: what a fetch from before says of the position is void. */
  moves: number;
}

const OFFSET_OUT_OF_RANGE = 1;
const RETRY_MS = 250;

/** Long polls to each leader of our partitions, one at a time per broker, for those that are not paused or busy. */
export function startFetcher(options: FetcherOptions): Fetcher {
  let assigned = new Map<string, Assigned>();
  const polling = new Set<number>();
  let leaders: ClusterMetadata | null = null;
  let refreshing: Promise<void> | null = null;
  let stopped = false;
  const nameOf = ({ topic, partition }: PartitionId) => `${topic}[${partition}]`;
  const ready = (each: Assigned) => each.next !== null && !each.paused && !each.busy;

  function refresh(fresh: boolean): Promise<void> {
    refreshing ??= (async () => {
      try {
        leaders = await options.metadata(fresh);
      } catch (error) {
        options.complain(error as Error);
        await sleep(RETRY_MS);
      } finally {
        refreshing = null;
      }
    })();
    return refreshing;
  }

  const leaderOf = ({ topic, partition }: PartitionId) =>
    leaders?.topics.get(topic)?.partitions[partition]?.leader ?? -1;

  /** Starts a poll of every broker that leads something that is ready. */
  function wake(): void {
    if (stopped) return;
    const wanted = [...assigned.values()].filter(ready);
    if (wanted.length === 0) return;
    const lost = leaders === null || wanted.some((each) => leaderOf(each.id) < 0);
    if (lost && refreshing === null) void refresh(leaders !== null).then(() => setTimeout(wake, leaders ? 50 : 0));
    for (const node of new Set(wanted.map((each) => leaderOf(each.id)))) {
      if (node < 0 || polling.has(node)) continue;
      polling.add(node);
      void poll(node)
        .catch((error: Error) => options.failed(error))
        .finally(() => {
          polling.delete(node);
          wake();
        });
    }
  }

  async function poll(node: number): Promise<void> {
    const metadata = leaders!;
    const asked = new Map<string, { readonly to: Assigned; readonly offset: number; readonly moves: number }>();
    const topics = new Map<string, { partition: number; offset: number }[]>();
    for (const each of shuffled([...assigned.values()].filter(ready))) {
      const topicId = metadata.topics.get(each.id.topic)?.id;
      if (topicId === undefined || leaderOf(each.id) !== node) continue;
      asked.set(`${topicId}/${each.id.partition}`, { to: each, offset: each.next!, moves: each.moves });
      topics.set(topicId, [...(topics.get(topicId) ?? []), { partition: each.id.partition, offset: each.next! }]);
    }
    if (asked.size === 0) return;
    let response: FetchedPartition[];
    try {
      const connection = await options.connect(node, metadata);
      response = await options.fetch(connection, {
        waitMs: FETCH.waitMs,
        bytes: FETCH.bytes,
        partitionBytes: FETCH.partitionBytes,
        topics,
      });
    } catch (error) {
      options.complain(error as Error);
      await sleep(RETRY_MS);
      await refresh(true);
      return;
    }
    let stale = false;
    for (const part of response) {
      const here = asked.get(`${part.topicId}/${part.partition}`);
      if (here === undefined || here.moves !== here.to.moves || stopped) continue;
      if (part.error === OFFSET_OUT_OF_RANGE) await moveInside(here.to);
      else if (part.error === FORBIDDEN.TOPIC_AUTHORIZATION_FAILED) options.forbidden(here.to.id);
      else if (part.error !== 0) stale = true;
      else if (part.records.length > 0 && !here.to.paused) void take(here.to, { ...part, askedOffset: here.offset });
    }
    if (stale) {
      await sleep(RETRY_MS);
      await refresh(true);
    }
  }

  async function take(each: Assigned, fetch: RawFetch): Promise<void> {
    const { moves } = each;
    each.busy = true;
    try {
      await options.deliver(each.id, fetch, (nextOffset) => {
        if (each.moves === moves) each.next = nextOffset;
      });
    } catch (error) {
      options.failed(error as Error);
    } finally {
      each.busy = false;
      wake();
    }
  }

  /** To the log's start, where its records were removed; else a leader does not know yet how far it is: wait. */
  async function moveInside(each: Assigned): Promise<void> {
    const { low } = await options.bounds(each.id).catch(() => ({ low: -1 }));
    if (each.next !== null && each.next < low) each.next = low;
    else await sleep(RETRY_MS);
  }

  const change = (id: PartitionId, what: (each: Assigned) => void): void => {
    const each = assigned.get(nameOf(id));
    if (each === undefined) return;
    what(each);
    wake();
  };

  return {
    assign(partitions) {
      for (const each of assigned.values()) each.moves = -1;
      assigned = new Map(partitions.map((id) => [nameOf(id), { id, next: null, paused: true, busy: false, moves: 0 }]));
    },
    pause: (id) =>
      change(id, (each) => {
        each.paused = true;
      }),
    resume: (id) =>
      change(id, (each) => {
        each.paused = false;
      }),
    seek: (id, offset) =>
      change(id, (each) => {
        each.next = offset;
        each.moves += 1;
      }),
    stop() {
      stopped = true;
      assigned = new Map();
    },
  };
}

/** Brokers fill a response from the first partition on: none shall always be the first. */
function shuffled<T>(list: T[]): T[] {
  const from = Math.floor(Math.random() * list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}
