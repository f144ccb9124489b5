import { createHash } from "node:crypto";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Heard } from "../../engine/monitor.ts";
import type { Signal } from "../../engine/signal.ts";
import type { Store } from "../../engine/store.ts";
import { learntWith, type openEnvironment } from "../assemble.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MonitorConfig } from "../config/schema.ts";
import { openRecorded, recordStore, runThrough } from "../recorded-run.ts";
import { detectorOf } from "../settings.ts";
import { type Comparison, compareSignals } from "./compare.ts";
import { type History, watchHistories } from "./history.ts";
import type { Past, PastLane } from "./past.ts";
import type { Place } from "./place.ts";
import { planStretches, type Stretch } from "./plan.ts";
import type { Spot } from "./spots.ts";
import type { Stream } from "./stream.ts";

export interface ReplayRequest {
  readonly name: string;
  readonly monitor: MonitorConfig;
  readonly loaded: LoadedConfig;
  /** The config's, for errors. */
  readonly path: string;
  readonly env: Awaited<ReturnType<typeof openEnvironment>>;
  readonly stream: Stream;
  /** Null: nothing was ever stored. */
  readonly past: Past | null;
  readonly from: Place;
  readonly to: Place;
  readonly warmUp: number;
  /** Events of its key by which a signal may move and be the same. */
  readonly within: number;
}

export interface Replay {
  /** Of this replay: the same range, settings and stream give the same. */
  readonly run: string;
  readonly monitor: string;
  readonly detector: string;
  readonly topic: string;
  readonly stretches: readonly Stretch[];
  /** What is read is the topic through which the source's events are keyed anew; null: the source itself. */
  readonly keyedAnew: Stream["keyedAnew"];
  readonly records: number;
  /** Offsets of the range that hold none: compacted away, aborted, or markers of transactions. */
  readonly withoutRecord: number;
  /** Removed by retention while the replay read. */
  readonly missed: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly keys: number;
  /** Of keys of which the live run said something in the range; null: there is no live run of this stream. */
  readonly histories: (Readonly<Record<History, number>> & { readonly mostMissing: number }) | null;
  /** Null: there is no live run of this stream. */
  readonly comparison: Comparison | null;
}

/** Reads the range as a run of its own, from no state, muted, and holds what it says against what was said then. */
export async function replayRange(request: ReplayRequest): Promise<{ readonly replay: Replay; readonly store: Store }> {
  const { name, monitor, loaded, env, path, stream, past } = request;
  const lanes = ((await past?.lanes(name)) ?? []).filter((lane) => lane.topic === stream.topic);
  refuseRecreated(name, stream, lanes);
  const plain = await openRecorded(name, monitor, loaded, env, path, { partitions: stream.partitions ?? undefined });
  const stretches = await planStretches(await stream.extents(plain.decode), lanes, request);
  const { spots, keyedAnew } = stream;
  const isIn = (spot: Spot | null | undefined) => spot != null && isAskedFor(spot, stretches);
  const maybeSaid = past !== null && lanes.length > 0 ? await signalsIn(past, name, stream, isIn) : null;
  const histories = watchHistories();
  for (const { key, index, position } of maybeSaid ?? [])
    spots.expect(position, (spot) => {
      if (isIn(spot)) histories.expect(key, index, spot.offset);
    });
  const run = runId(request, plain.referenceHash, stretches);
  const heard: Heard = ({ position }, at) => spots.hear(position, at);
  const opened = { ...plain, run, watch: histories.watch, heard };
  const store = recordStore({ episodes: false });
  await runThrough(opened, stream.read(stretches), store);
  // All that was to come has come.
  const said = maybeSaid?.filter(({ position }) => isIn(spots.of(position))) ?? null;
  const { counters } = opened;
  const records = counters.consumed + (keyedAnew === null ? 0 : keyedAnew.repeated + keyedAnew.fedAgain);
  const byStatus = await store.keyCounts(run, name);
  const offsets = stretches.reduce((sum, { begin, to }) => sum + to - begin, 0);
  const sides = { stretches, spots, histories, learns: learnsFirst(monitor), within: request.within };
  return {
    store,
    replay: {
      run,
      monitor: name,
      detector: opened.detector.name,
      topic: stream.topic,
      stretches,
      keyedAnew: keyedAnew && { ...keyedAnew },
      records,
      withoutRecord: offsets - counters.missed - records,
      missed: counters.missed,
      accepted: counters.accepted,
      rejected: counters.rejected,
      keys: Object.values(byStatus).reduce((a, b) => a + b, 0),
      histories: said && countHistories(said, histories),
      comparison: said && compareSignals({ past: said, now: await allSignals(store), ...sides }),
    },
  };
}

/** The live run's positions are those of another stream by the same name. */
function refuseRecreated(monitor: string, stream: Stream, lanes: readonly PastLane[]): void {
  for (const { partition, identity } of lanes) {
    if (identity === null || stream.identity === null || identity === stream.identity) continue;
    const details = { monitor, topic: `${stream.topic}[${partition}]`, stored: identity, now: stream.identity };
    throw new TidegaugeError("TOPIC_RECREATED", details);
  }
}

function isAskedFor({ partition, offset }: Spot, stretches: readonly Stretch[]): boolean {
  const stretch = stretches.find((each) => each.partition === partition);
  return stretch !== undefined && offset >= (stretch.gone?.from ?? stretch.from) && offset < stretch.to;
}

/** Those that are about the range, or may turn out to be. */
async function signalsIn(
  past: Past,
  monitor: string,
  { spots }: Stream,
  isIn: (spot: Spot | null) => boolean,
): Promise<readonly Signal[]> {
  const found: Signal[] = [];
  for await (const signal of past.signals(monitor)) {
    const spot = spots.of(signal.position);
    if (spot === undefined || isIn(spot)) found.push(signal);
  }
  return found;
}

export async function allSignals(store: Store): Promise<readonly Signal[]> {
  const found: Signal[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.signals({ limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page.items);
    after = page.items.length === 0 ? null : page.next;
  }
  return found;
}

/** Everything that what it says depends on. */
function runId(
  { name, monitor, env, stream, past }: ReplayRequest,
  referenceHash: string | null,
  stretches: readonly Stretch[],
): string {
  const { alerts: _, reminders: __, source, ...settings } = monitor;
  const parts = [
    past?.run ?? null,
    name,
    settings,
    learntWith(monitor, env.embedder, referenceHash),
    source?.kafka?.format ?? null,
    stream.topic,
    stream.identity,
    stretches.map(({ partition, begin, from, to }) => [partition, begin, from, to]),
  ];
  return `replay-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12)}`;
}

function learnsFirst(monitor: MonitorConfig): boolean {
  return detectorOf(monitor).reference !== undefined && monitor.reference?.scope !== "monitor";
}

function countHistories(past: readonly Signal[], histories: ReturnType<typeof watchHistories>) {
  const counts = { same: 0, other: 0, unknown: 0, mostMissing: 0 };
  for (const key of new Set(past.map((signal) => signal.key))) {
    counts[histories.of(key)]++;
    counts.mostMissing = Math.max(counts.mostMissing, histories.missing(key));
  }
  return counts;
}
