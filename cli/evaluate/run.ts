import type { Environment } from "../../engine/detector.ts";
import { specOf } from "../../engine/episodes.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Store } from "../../engine/store.ts";
import { factsOf } from "../assemble.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MonitorConfig } from "../config/schema.ts";
import { openRecorded, recordedSource, recordStore, runThrough } from "../recorded-run.ts";
import { monitorSettings } from "../settings.ts";
import { type Score, score } from "./score.ts";
import { createTruth, type Labels, type Truth } from "./truth.ts";

export interface Evaluation {
  readonly monitor: string;
  readonly detector: string;
  /** Promised events between false alarms; null: none. */
  readonly promise: number | null;
  readonly rejected: number;
  readonly keys: number;
  /** Changes that no accepted event followed. */
  readonly lost: number;
  /** Alarms about a key as a whole, where changes are of what a field names within it. */
  readonly others: number;
  readonly score: Score;
}

export interface EvaluationRun {
  readonly loaded: LoadedConfig;
  readonly env: Environment;
  /** The config's. */
  readonly path: string;
  readonly input: string;
  readonly labels: Labels;
  readonly within: number;
  /** The field of the event that names what changes within a key; null: the key itself changes. */
  readonly each: string | null;
}

/** One monitor over the labelled stream. `promise` in the place of the configured one; null where the detector cannot make one. */
export async function evaluateMonitor(
  run: EvaluationRun,
  name: string,
  config: MonitorConfig,
  promise: number | null,
): Promise<Evaluation | null> {
  const { loaded, env, path, input, labels, within, each } = run;
  // A recorded stream has one partition: its keys are in order.
  const asked = {
    ...config,
    order: "key",
    ...(promise === null ? {} : { falseAlarms: { events: promise } }),
  } as MonitorConfig;
  const truth = createTruth(labels, each);
  let opened: Awaited<ReturnType<typeof openRecorded>>;
  try {
    opened = await openRecorded(name, asked, loaded, env, path, { watch: truth.watch });
  } catch (error) {
    if (promise !== null && error instanceof TidegaugeError && error.code === "CONFIG_INVALID") return null;
    throw error;
  }
  const monitor = { ...opened, decode: truth.decoding(opened.decode) };
  const store = recordStore({ episodes: false });
  await runThrough(monitor, recordedSource(input, loaded.config.limits.recordBytes), store);
  const { detector, counters } = monitor;
  const opens = (kind: string) => specOf(detector, kind)?.episode === "opens";
  const { alarms, others } = await alarmsOf(store, opens, each, truth.place);
  const changes = truth.changes();
  const kept = promise ?? promiseOf(name, config, path);
  const runs = [...truth.seen()].map(([key, { events, judgedFrom }]) => ({
    events,
    // Classic algorithms learn no reference: they judge from the first event on.
    judgedFrom: kept === null ? 0 : judgedFrom,
    changes: changes.get(key) ?? [],
    alarms: alarms.get(key) ?? [],
  }));
  return {
    monitor: name,
    detector: detector.name,
    promise: kept,
    rejected: Object.values(counters.rejected).reduce((sum, n) => sum + n, 0),
    keys: runs.length,
    lost: truth.lost(),
    others,
    score: score(runs, within),
  };
}

/** As configured or the detector's own; null where it cannot make one (classic algorithms). */
function promiseOf(name: string, config: MonitorConfig, path: string): number | null {
  const { promise } = factsOf(config);
  if (promise === null) return null;
  try {
    monitorSettings(
      name,
      { ...config, falseAlarms: { ...config.falseAlarms, events: promise } } as MonitorConfig,
      path,
    );
    return promise;
  } catch {
    return null;
  }
}

/** Indices at which alarms were raised, by key (or by what `each` names, where the explanation does), ascending. */
async function alarmsOf(
  store: Store,
  opens: (kind: string) => boolean,
  each: string | null,
  place: Truth["place"],
): Promise<{ alarms: ReadonlyMap<string, number[]>; others: number }> {
  let others = 0;
  const found = new Map<string, number[]>();
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.signals({ limit: 1000, ...(after === undefined ? {} : { after }) });
    for (const signal of page.items) {
      if (!opens(signal.kind)) continue;
      const at = each === null ? signal : each in signal.explanation ? place(Number(signal.position.offset)) : null;
      if (at === null) {
        others++;
        continue;
      }
      const { key, index } = at;
      const known = found.get(key);
      if (known === undefined) found.set(key, [index]);
      else known.push(index);
    }
    after = page.items.length === 0 ? null : page.next;
  }
  for (const indices of found.values()) indices.sort((a, b) => a - b);
  return { alarms: found, others };
}
