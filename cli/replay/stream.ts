import type { Decode } from "../../engine/decode.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { type Log, silentLog } from "../../engine/log.ts";
import type { Source } from "../../engine/source.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MonitorConfig } from "../config/schema.ts";
import { internalTopicOf } from "../feeds.ts";
import { pathFrom } from "../paths.ts";
import { openFile } from "./file-stream.ts";
import type { Extent, Stretch } from "./plan.ts";
import type { Spots } from "./spots.ts";
import { openInternal, openTopic } from "./topic-stream.ts";

/** What a monitor reads live, as something of which a stretch can be read again. */
export interface Stream {
  /** As positions name it. */
  readonly topic: string;
  readonly identity: string | null;
  /** Partitions of a topic; null: a file. */
  readonly partitions: number | null;
  /** Null: it is what the monitor's source has. */
  readonly keyedAnew: KeyedAnew | null;
  readonly spots: Spots;
  extents(decode: Decode): Promise<readonly Extent[]>;
  read(stretches: readonly Stretch[]): Source;
  close(): Promise<void>;
}

/** The topic through which a monitor's events are keyed anew, and what was not read of it. */
export interface KeyedAnew {
  /** The topic from which the events came. */
  readonly source: string;
  /** Records that were there before: a member that was killed, or its successor, wrote them again. */
  readonly repeated: number;
  /** Dead letters that were fed again. */
  readonly fedAgain: number;
}

export async function openStream(
  name: string,
  monitor: MonitorConfig,
  loaded: LoadedConfig,
  log: Log = silentLog,
): Promise<Stream> {
  const { source } = monitor;
  if (typeof monitor.repartition === "object" && monitor.repartition.stages === 2)
    throw new TidegaugeError("USAGE", {
      what: `${name} has two stages, and when the first heard what the second learnt was decided by the clock: no topic keeps it; record its events, and use backtest`,
      command: "replay",
    });
  const internal = internalTopicOf(name, monitor, loaded.config);
  if (internal !== null) return openInternal(internal, loaded, log);
  if (source?.kafka) return openTopic(source.kafka.topic, loaded, log);
  if (source?.file) return openFile(pathFrom(loaded.folder, source.file.path), source.file.follow, loaded);
  const what = source?.http
    ? `events of ${name} come over HTTP and are kept only until they are processed; record them, and use backtest`
    : `${name} has no source that can be read again (kafka or file); use backtest`;
  throw new TidegaugeError("USAGE", { what, command: "replay" });
}
