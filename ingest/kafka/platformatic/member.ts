import { ConnectionPool, Consumer } from "@platformatic/kafka";
import type { Log } from "../../../engine/log.ts";
import { FORBIDDEN, forbiddenGroup, type JoinOptions, type Member, type MemberEvents } from "../port.ts";
import type { ClientOptions } from "./client.ts";
import { closeConsumer, createCluster, hasCode } from "./cluster.ts";
import { chooseFetch, OLDEST_FETCH } from "./fetch.ts";
import { startFetcher } from "./fetcher.ts";
import { outlivingBrokers } from "./lost-broker.ts";

/** As kafkajs names it, so that members with either client share a group. */
const PROTOCOLS = [{ name: "RoundRobinAssigner", version: 1 }];
/** The wait of a long poll is far shorter: a broker that does not answer by then is gone. */
const FETCH_PATIENCE_MS = 5000;

export async function joinGroup(
  base: ClientOptions,
  { group, topics, sessionMs, heartbeatMs }: JoinOptions,
  events: MemberEvents,
  log: Log,
): Promise<Member> {
  const rebalanceTimeout = Math.max(60_000, sessionMs);
  const timing = { sessionTimeout: sessionMs, rebalanceTimeout, heartbeatInterval: heartbeatMs };
  // A join is answered when the whole group has gathered.
  const consumer = outlivingBrokers(
    new Consumer({ ...base, groupId: group, requestTimeout: rebalanceTimeout + 5000, ...timing }),
  );
  const cluster = createCluster(base);
  // Of its own: a broker answers one request of a connection at a time, and heartbeats must not wait behind a poll.
  const pool = new ConnectionPool(base.clientId, { ...base, requestTimeout: FETCH_PATIENCE_MS });
  let left = false;
  const named = (error: Error) =>
    hasCode(error, FORBIDDEN.GROUP_AUTHORIZATION_FAILED) ? forbiddenGroup(group, error) : error;
  const fail = (error: Error) => {
    if (!left) events.failed(named(error));
  };
  pool.on("error", () => undefined);

  async function close(): Promise<void> {
    left = true;
    fetcher?.stop();
    await closeConsumer(consumer);
    await Promise.all([pool.close().catch(() => {}), cluster.close()]);
  }

  let fetcher: ReturnType<typeof startFetcher> | null = null;
  try {
    const apis = await consumer.listApis();
    const fetch = chooseFetch(apis.find(({ name }) => name === "Fetch")?.maxVersion ?? 0);
    if (fetch === null) throw new RangeError(OLDEST_FETCH);
    fetcher = startFetcher({
      topics,
      metadata: (fresh) => consumer.metadata({ topics: [...topics], forceUpdate: fresh }),
      async connect(node, { brokers }) {
        const broker = brokers.get(node);
        if (broker === undefined) throw new RangeError(`broker ${node} is not known`);
        return pool.get(broker);
      },
      fetch,
      bounds: ({ topic, partition }) => cluster.bounds(topic, partition, true),
      deliver: (id, raw, taken) => events.fetched(id, raw, taken, async () => {}),
      forbidden: events.forbidden,
      complain: (error) => log.info(`kafka client: ${error.message}`, { group }),
      failed: fail,
    });
  } catch (error) {
    await close();
    throw error;
  }
  const fetching = fetcher;

  let known: string | null = null;
  consumer.on("consumer:group:join", ({ assignments, memberId }) => {
    // Stopped or cut off past its session, it has come back as another.
    if (known !== null && memberId !== known)
      log.info("kafka client: the group was not aware of this member", { group });
    known = memberId;
    const partitions = (assignments ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    fetching.assign(partitions);
    events.assigned(partitions);
  });
  consumer.on("consumer:group:rebalance", () => events.rebalancing());
  consumer.on("consumer:heartbeat:end", () => events.heartbeat());
  // It was tried several times, at a coordinator that is looked up only once, and none follows after it.
  consumer.on("consumer:heartbeat:error", ({ error }) =>
    fail(error ?? new RangeError("the group's coordinator is gone")),
  );
  (consumer as unknown as { on(name: "error", told: (error: Error) => void): void }).on("error", fail);

  try {
    consumer.topics.trackAll(...topics);
    await consumer.joinGroup({ ...timing, protocols: PROTOCOLS });
  } catch (error) {
    await close();
    throw named(error as Error);
  }
  return {
    pause: (id) => fetching.pause(id),
    resume: (id) => fetching.resume(id),
    seek: (id, offset) => fetching.seek(id, offset),
    commit: (offsets) =>
      consumer.commit({ offsets: offsets.map((each) => ({ ...each, offset: BigInt(each.offset), leaderEpoch: -1 })) }),
    leave: close,
  };
}
