import type { MonitorView } from "../../engine/service-view.ts";
import type { Episode } from "../../engine/store.ts";
import type { Context } from "./context.ts";
import { pointOf, timeText } from "./present.ts";
import { type Remembered, remember } from "./remember.ts";
import type { KeyCounts, MonitorSummary, Overview } from "./types.ts";

/** The picture of everything, asked for about once a second by each open page: what is dear is kept for a while. */
export interface Overviews {
  overview(withSparks: boolean): Promise<Overview>;
  summary(monitor: MonitorView, withSpark: boolean): Promise<MonitorSummary>;
  close(): void;
}

interface Memory {
  readonly counts: Remembered<KeyCounts>;
  readonly episodes: Remembered<{ open: readonly Episode[]; newest: Episode | null }>;
  readonly stored: Remembered<MonitorSummary["worst"]>;
  readonly spark: Remembered<MonitorSummary["spark"]>;
}

const COUNTS_MS = 900;
/** They only change with a commit, and then they are forgotten. */
const EPISODES_MS = 10_000;
const SPARK_MS = 5_000;
const SPARK_POINTS = 120;
const EPISODES = 100;

export function createOverviews(context: Context): Overviews {
  const { view, store, now } = context;
  const memories = new Map<string, Memory>();
  // Of this process the view knows at once, of others the store tells.
  const stop = store.onChange(() => {
    for (const memory of memories.values()) memory.episodes.forget();
  });

  const memoryOf = (monitor: MonitorView): Memory => {
    const known = memories.get(monitor.name);
    if (known) return known;
    const { run, name } = monitor;
    const memory: Memory = {
      counts: remember(COUNTS_MS, now, async () => {
        const counts = await store.keyCounts(run, name);
        return { total: counts.learning + counts.steady + counts.warning + counts.drifting, ...counts };
      }),
      episodes: remember(EPISODES_MS, now, async () => {
        const open = await store.episodes({ monitor: name, state: "open", limit: EPISODES });
        const newest = await store.episodes({ monitor: name, limit: 1 });
        return { open: open.items, newest: newest.items[0] ?? null };
      }),
      stored: remember(SPARK_MS, now, async () => {
        for (const status of ["drifting", "warning", "steady", "learning"] as const) {
          const found = await store.keys({ run, monitor: name, status, limit: 1 });
          const first = found.items[0];
          if (first) return { key: first.key, ratio: first.ratio };
        }
        return null;
      }),
      spark: remember(SPARK_MS, now, async () => {
        const worst = await worstOf(monitor, memory);
        if (worst === null) return null;
        const points = await store.series(run, name, worst.key, SPARK_POINTS);
        return { key: worst.key, points: points.map(pointOf) };
      }),
    };
    memories.set(name, memory);
    return memory;
  };

  const summary = async (monitor: MonitorView, withSpark: boolean): Promise<MonitorSummary> => {
    const memory = memoryOf(monitor);
    const keys = await memory.counts.get();
    const { open, newest } = await memory.episodes.get();
    const { counters, lanes } = monitor;
    const lags = lanes.flatMap((lane) => (lane.lag === null ? [] : [lane.lag]));
    return {
      name: monitor.name,
      detector: monitor.detector.name,
      title: monitor.detector.title,
      source: monitor.sourceDescription,
      acceptsEvents: monitor.acceptsEvents,
      state: monitor.state,
      error: monitor.error,
      status: statusOf(keys),
      keys,
      worst: await worstOf(monitor, memory),
      ...(withSpark ? { spark: (await memory.spark.get()) ?? null } : {}),
      lastChange: newest === null ? null : withoutExplanation(newest),
      driftingSince: earliest(open),
      openEpisodes: open.length,
      events: {
        consumed: counters.consumed,
        accepted: counters.accepted,
        rejected: Object.values(counters.rejected).reduce((sum, n) => sum + n, 0),
      },
      eventRate: monitor.eventRate,
      lastEventTime: timeText(monitor.lastEventTime),
      lag: lags.length === 0 ? null : lags.reduce((sum, n) => sum + n, 0),
    };
  };

  return {
    summary,
    async overview(withSparks) {
      const { ok, reasons } = view.ready();
      const monitors = await Promise.all(view.monitors().map((m) => summary(m, withSparks)));
      const outbox = await store.outboxState();
      const at = new Date(now()).toISOString();
      return { now: at, version: view.version, ready: ok, reasons: [...reasons], monitors, outbox: { ...outbox } };
    },
    close: stop,
  };
}

/** Of the keys in memory; after a restart without events, of the store. */
async function worstOf(monitor: MonitorView, memory: Memory): Promise<MonitorSummary["worst"]> {
  let worst: { key: string; ratio: number } | null = null;
  let drifting = false;
  for (const { key, ratio, driftActive } of monitor.keys()) {
    // A key with an open episode comes before any other.
    if (worst === null || (driftActive && !drifting) || (driftActive === drifting && ratio > worst.ratio)) {
      worst = { key, ratio };
      drifting = driftActive;
    }
  }
  return worst ?? (await memory.stored.get());
}

function statusOf(keys: KeyCounts): MonitorSummary["status"] {
  if (keys.total === 0) return "empty";
  if (keys.drifting > 0) return "drifting";
  if (keys.warning > 0) return "warning";
  return keys.steady > 0 ? "steady" : "learning";
}

function earliest(episodes: readonly Episode[]): string | null {
  const times = episodes.flatMap(({ opened }) => (opened.time === null ? [] : [opened.time]));
  return times.length === 0 ? null : times.reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b));
}

function withoutExplanation({ explanation: _, ...episode }: Episode): Omit<Episode, "explanation"> {
  return episode;
}
