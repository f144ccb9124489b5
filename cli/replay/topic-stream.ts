import { TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import { countOf, type InternalTopic } from "../../ingest/kafka/internal-topic.ts";
import type { KafkaClient } from "../../ingest/kafka/port.ts";
import { createRangeSource, type RangeOptions } from "../../ingest/kafka/range.ts";
import { createRekeyedRange } from "../../ingest/kafka/rekeyed-range.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
import type { LoadedConfig } from "../config/load.ts";
import { kafkaConnection } from "../feeds.ts";
import type { Extent, Stretch } from "./plan.ts";
import { spotsIn, spotsThrough } from "./spots.ts";
import type { Stream } from "./stream.ts";

export async function openTopic(topic: string, loaded: LoadedConfig, log: Log): Promise<Stream> {
  const opened = await openRanges(topic, loaded, log);
  return {
    ...opened,
    keyedAnew: null,
    spots: spotsIn(topic),
    read: (stretches) => createRangeSource(opened.rangesOf(stretches)),
  };
}

/** What the monitor's lanes read is the internal topic: there the order stands in which its states were learnt. */
export async function openInternal(internal: InternalTopic, loaded: LoadedConfig, log: Log): Promise<Stream> {
  const { topic, monitor, source } = internal;
  const cannot = (why: string, fix: string) => new TidegaugeError("REPARTITION_TOPIC", { monitor, topic, why, fix });
  const opened = await openRanges(topic, loaded, log, () =>
    cannot("it is not there", "Start the service, which creates it, or correct `kafka.group`"),
  );
  const keyedAnew = { source, repeated: 0, fedAgain: 0 };
  const spots = spotsThrough(topic, source);
  return {
    ...opened,
    keyedAnew,
    spots,
    async extents() {
      const extents = await opened.extents();
      if (extents.every(({ low, high }) => low === high) && extents.some(({ low }) => low > 0))
        throw cannot("all its records have expired", RAISE);
      return extents;
    },
    read(stretches) {
      for (const { partition, gone } of stretches)
        if (gone !== null)
          throw cannot(
            `records ${gone.from} to ${gone.to} of its partition ${partition} have expired`,
            `Begin at ${gone.to} (\`--from earliest\`). ${RAISE}`,
          );
      return createRekeyedRange({
        ...opened.rangesOf(stretches),
        from: source,
        meet: spots.meet,
        passOver({ origin }) {
          if (origin?.again === undefined) keyedAnew.repeated++;
          else keyedAnew.fedAgain++;
        },
      });
    },
  };
}

const RAISE = "To keep them longer raise the topic's retention.ms (`repartition.retentionHours` where it is created)";

/** What there is of a topic, beside every group. `missing`: why it should be there. */
async function openRanges(topic: string, { config, folder }: LoadedConfig, log: Log, missing?: () => TidegaugeError) {
  const client: KafkaClient = await CLIENTS[config.kafka!.client](kafkaConnection(config, folder), log);
  const { cluster } = client;
  try {
    if (missing && (await countOf(cluster, topic)) === null) throw missing();
    const partitions = (await cluster.partitions([topic])).get(topic)!;
    const identity = await cluster.topicId(topic);
    const extentOf = async (partition: number): Promise<Extent> => ({
      partition,
      ...(await cluster.bounds(topic, partition)),
      async offsetAt(time) {
        const found = await cluster.offsetAt(topic, partition, time);
        return found < 0 ? (await cluster.bounds(topic, partition)).high : found;
      },
    });
    return {
      topic,
      identity,
      partitions,
      extents: () => Promise.all(Array.from({ length: partitions }, (_, partition) => extentOf(partition))),
      rangesOf: (stretches: readonly Stretch[]): RangeOptions => ({
        client,
        topic,
        identity,
        ranges: stretches.map(({ partition, begin, to }) => ({ partition, from: begin, to })),
      }),
      close: () => cluster.close(),
    };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
