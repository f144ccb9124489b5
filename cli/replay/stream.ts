import type { Decode } from "../../engine/decode.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Log, silentLog } from "../../engine/log.ts";
import type { Source } from "../../engine/source.ts";
import { createRangeSource } from "../../ingest/kafka/range.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MonitorConfig } from "../config/schema.ts";
import { kafkaConnection } from "../feeds.ts";
import { pathFrom } from "../paths.ts";
import { recordedSource } from "../recorded-run.ts";
import { lineRange, scanLines } from "./lines.ts";
import type { Extent, Stretch } from "./plan.ts";

/** What a monitor reads live, as something of which a stretch can be read again. */
export interface Stream {
  /** As positions name it. */
  readonly topic: string;
  readonly identity: string | null;
  /** Partitions of a topic; null: a file. */
  readonly partitions: number | null;
  extents(decode: Decode): Promise<readonly Extent[]>;
  read(stretches: readonly Stretch[]): Source;
  close(): Promise<void>;
}

export async function openStream(
  name: string,
  monitor: MonitorConfig,
  loaded: LoadedConfig,
  log: Log = silentLog,
): Promise<Stream> {
  const { source } = monitor;
  if (source?.kafka && monitor.repartition !== false)
    throw new TidegaugeError("USAGE", {
      what: `events of ${name} are keyed anew (repartition), and their order is that of its internal topic; record them, and use backtest`,
      command: "replay",
    });
  if (source?.kafka) return openTopic(source.kafka.topic, loaded, log);
  if (source?.file) return openFile(pathFrom(loaded.folder, source.file.path), source.file.follow, loaded);
  const what = source?.http
    ? `events of ${name} come over HTTP and are kept only until they are processed; record them, and use backtest`
    : `${name} has no source that can be read again (kafka or file); use backtest`;
  throw new TidegaugeError("USAGE", { what, command: "replay" });
}

async function openTopic(topic: string, loaded: LoadedConfig, log: Log): Promise<Stream> {
  const { config, folder } = loaded;
  const client = await CLIENTS[config.kafka!.client](kafkaConnection(config, folder), log);
  const { cluster } = client;
  try {
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
      read: (stretches) =>
        createRangeSource({
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

async function openFile(path: string, followed: boolean, { config }: LoadedConfig): Promise<Stream> {
  const open = () => recordedSource(path, config.limits.recordBytes);
  const scan = await scanLines(open());
  return {
    topic: scan.topic,
    // A followed file is known by its inode, and its first line may have been rotated away.
    identity: followed ? null : scan.identity,
    partitions: null,
    extents: async (decode) => [
      {
        partition: 0,
        low: 0,
        high: scan.lines,
        async offsetAt(time) {
          return (await scanLines(open(), (record) => timeOf(decode, record) >= time)).found ?? scan.lines;
        },
      },
    ],
    read: ([stretch]) => lineRange(open(), stretch!.begin, stretch!.to),
    close: async () => undefined,
  };
}

function timeOf(decode: Decode, record: Parameters<Decode>[0]): number {
  const decoded = decode(record);
  return decoded !== null && "event" in decoded && decoded.time !== null ? decoded.time : Number.NEGATIVE_INFINITY;
}
