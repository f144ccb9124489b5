import type { Kafka } from "kafkajs";
import { TidegaugeError } from "../../../engine/errors.ts";
import { FETCH, forbiddenTopic, type TopicReader, unavailable } from "../port.ts";
import type { Carrier } from "./fetch-response.ts";
import { createInnerCluster } from "./inner-cluster.ts";

const READ_COMMITTED = 1;

interface Answer {
  readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly Carrier[] }[] }[];
}

/** Fetches over the library's connections, without its consumer: that one always has a group. */
export async function openReader(kafka: Kafka, topic: string): Promise<TopicReader> {
  const cluster = createInnerCluster(kafka);
  if (cluster === null) throw unavailable(topic, "this kafkajs cannot read outside a group");
  let known = false;

  async function lead(partition: number): Promise<string> {
    if (!known) {
      await cluster!.connect();
      await cluster!.addTargetTopic(topic);
      await cluster!.refreshMetadata();
      known = true;
    }
    const leader = Object.keys(cluster!.findLeaderForPartitions(topic, [partition]))[0];
    if (leader === undefined) throw unavailable(topic, `partition ${partition} has no leader`);
    return leader;
  }

  return {
    async fetch(partition, offset) {
      try {
        const broker = await cluster.findBroker({ nodeId: await lead(partition) });
        const answer = (await broker.fetch({
          replicaId: -1,
          isolationLevel: READ_COMMITTED,
          maxWaitTime: FETCH.waitMs,
          maxBytes: FETCH.bytes,
          topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: FETCH.partitionBytes }] }],
        })) as Answer;
        const carried = answer.responses[0]?.partitions[0]?.messages[0];
        if (carried?.fetch === null) throw forbiddenTopic(topic);
        if (carried !== undefined) return { ...carried.fetch, askedOffset: offset };
        return { askedOffset: offset, highWatermark: offset, aborted: [], records: Buffer.alloc(0) };
      } catch (error) {
        if (error instanceof TidegaugeError) throw error;
        if ((error as { readonly type?: string }).type === "OFFSET_OUT_OF_RANGE") return null;
        // Leaders move: the next try asks for them anew.
        known = false;
        throw unavailable(topic, (error as Error).message, error);
      }
    },
    close: () => cluster.disconnect().catch(() => {}),
  };
}
