import { createMemoryStore } from "../adapters/store/memory.ts";
import { systemClock } from "../engine/clock.ts";
import type { Environment } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import { silentLog } from "../engine/log.ts";
import { NO_METER } from "../engine/meter.ts";
import type { Monitor, Watch } from "../engine/monitor.ts";
import { createService } from "../engine/service.ts";
import type { Source } from "../engine/source.ts";
import type { DeadLetter, Store } from "../engine/store.ts";
import { createFileSource } from "../ingest/file.ts";
import { createStdinSource } from "../ingest/stdin.ts";
import { type OpenMonitor, openMonitor } from "./assemble.ts";
import type { LoadedConfig } from "./config/load.ts";
import { nearest } from "./config/nearest.ts";
import type { MonitorConfig } from "./config/schema.ts";

/** The monitor of that name, or the only one. `path` is the config's, for errors. */
export function monitorNamed(
  command: string,
  path: string,
  monitors: Readonly<Record<string, MonitorConfig>>,
  wanted: string | undefined,
): readonly [string, MonitorConfig] {
  const names = Object.keys(monitors);
  if (wanted === undefined && names.length !== 1)
    throw new TidegaugeError("USAGE", { what: `--monitor is missing; the config has ${names.join(", ")}`, command });
  const name = wanted ?? names[0]!;
  const monitor = monitors[name];
  if (monitor) return [name, monitor];
  const near = nearest(name, names);
  const what = `${path} has no monitor "${name}"${near ? `; did you mean "${near}"?` : ""}`;
  throw new TidegaugeError("USAGE", { what, command });
}

export interface RecordedOptions {
  readonly watch?: Watch | undefined;
  /** Of the topic that is read; absent: a file, which has lines of JSON, however the topic's records are written. */
  readonly partitions?: number | undefined;
}

/** A configured monitor made for a recorded stream: no alerts, commits by count alone, for the wall clock must not matter. */
export async function openRecorded(
  name: string,
  monitor: MonitorConfig,
  loaded: LoadedConfig,
  env: Environment,
  path: string,
  { watch, partitions }: RecordedOptions = {},
): Promise<OpenMonitor> {
  const recorded = partitions === undefined ? { ...monitor, source: undefined } : monitor;
  const lanes = new Map([[name, partitions ?? 1]]);
  const opened = await openMonitor(name, recorded, loaded.config, env, path, "backtest", loaded.folder, lanes);
  await opened.teach();
  return {
    ...opened,
    routes: [],
    reminders: [],
    from: "earliest",
    checkpoint: { events: 50_000, ms: Number.POSITIVE_INFINITY },
    ...(watch === undefined ? {} : { watch }),
  };
}

/** `input`: a file, or - for standard input. */
export function recordedSource(input: string, maxLineBytes: number): Source {
  return input === "-"
    ? createStdinSource({ maxLineBytes })
    : createFileSource({ path: input, follow: false, maxLineBytes });
}

/** Signals, states and, where they are wanted, episodes: what only a live service shows would fill the memory. */
export function recordStore(keep: { readonly episodes: boolean }, rejected?: (letter: DeadLetter) => void): Store {
  const store = createMemoryStore();
  return {
    ...store,
    commit: (c) => {
      if (rejected) c.deadLetters.forEach(rejected);
      const episodes = keep.episodes ? c.episodes : [];
      return store.commit({ ...c, deadLetters: [], series: [], episodes, notifications: [] });
    },
  };
}

/** The whole stream through the engine. */
export async function runThrough(monitor: Monitor, source: Source, store: Store): Promise<void> {
  const service = createService([{ source, monitors: [monitor], monitorsOf: () => [monitor] }], {
    run: monitor.run,
    store,
    meter: NO_METER,
    clock: systemClock,
    log: silentLog,
  });
  try {
    await service.start();
    await service.ended();
    // A source that can read no further has told so, and ended.
    for (const { intake } of service.feeds()) {
      for (const lane of intake.lanes()) {
        const error = lane.error() ?? intake.errorOf(lane.name);
        if (error) throw error;
        await lane.finish();
      }
    }
  } finally {
    await service.stop();
  }
}
