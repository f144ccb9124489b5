import { ConnectionPool, Consumer } from "@platformatic/kafka";
import { TidegaugeError } from "../../../engine/errors.ts";
import { FETCH, FORBIDDEN, forbiddenTopic, type TopicReader, unavailable } from "../port.ts";
import type { ClientOptions } from "./client.ts";
import { closeConsumer, whyOf } from "./cluster.ts";
import { chooseFetch, OLDEST_FETCH } from "./fetch.ts";
import { outlivingBrokers } from "./lost-broker.ts";

const OFFSET_OUT_OF_RANGE = 1;

/** Fetches over connections of its own; its consumer joins no group and only knows who leads what. */
export async function openReader(base: ClientOptions, topic: string): Promise<TopicReader> {
  const asking = outlivingBrokers(new Consumer({ ...base, retries: 1, groupId: "tidegauge-reads" }));
  const pool = new ConnectionPool(base.clientId, base);
  pool.on("error", () => undefined);
  let stale = true;
  let fetch: ReturnType<typeof chooseFetch> = null;

  async function prepare() {
    const metadata = await asking.metadata({ topics: [topic], forceUpdate: stale });
    stale = false;
    if (fetch === null) {
      const apis = await asking.listApis();
      fetch = chooseFetch(apis.find(({ name }) => name === "Fetch")?.maxVersion ?? 0);
    }
    if (fetch === null) throw new RangeError(OLDEST_FETCH);
    return { metadata, fetch };
  }

  return {
    async fetch(partition, offset) {
      try {
        const { metadata, fetch } = await prepare();
        const { id, partitions } = metadata.topics.get(topic)!;
        const broker = metadata.brokers.get(partitions[partition]?.leader ?? -1);
        if (broker === undefined) throw new RangeError(`partition ${partition} has no leader`);
        const { waitMs, bytes, partitionBytes } = FETCH;
        const topics = new Map([[id, [{ partition, offset }]]]);
        const [part] = await fetch(await pool.get(broker), { waitMs, bytes, partitionBytes, topics });
        if (part?.error === OFFSET_OUT_OF_RANGE) return null;
        if (part?.error === FORBIDDEN.TOPIC_AUTHORIZATION_FAILED) throw forbiddenTopic(topic);
        if (part === undefined || part.error !== 0) throw new RangeError(`its leader answered error ${part?.error}`);
        return { ...part, askedOffset: offset };
      } catch (error) {
        if (error instanceof TidegaugeError) throw error;
        stale = true;
        throw unavailable(topic, whyOf(error), error);
      }
    },
    async close() {
      await closeConsumer(asking);
      await pool.close().catch(() => {});
    },
  };
}
