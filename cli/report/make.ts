import type { Environment } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Monitor } from "../../engine/monitor.ts";
import type { Store } from "../../engine/store.ts";
import { factsOf } from "../assemble.ts";
import type { Summary } from "../commands/summary.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MonitorConfig } from "../config/schema.ts";
import { openRecorded, recordedSource, recordStore, runThrough } from "../recorded-run.ts";
import { VERSION } from "../version.ts";
import type { ReportData, ReportKey } from "./data.ts";
import { allEpisodes, gatherKeys, inspectKey } from "./gather.ts";
import { createRecording, type Recording } from "./recording.ts";
import { whatIf } from "./what-if.ts";

export interface Run {
  readonly name: string;
  readonly config: MonitorConfig;
  readonly loaded: LoadedConfig;
  readonly env: Environment;
  /** The config's. */
  readonly path: string;
  readonly input: string;
  readonly inputName: string;
}

/** What the report shows of a run that is over. Reads a recorded file a second time, for the lines that the run did not have. */
export async function makeReport(
  run: Run,
  monitor: Monitor,
  store: Store,
  recording: Recording,
  summary: Summary,
): Promise<ReportData> {
  const { promise, reference } = factsOf(run.config);
  const episodes = await allEpisodes(store, run.name);
  const keys = await gatherKeys(monitor, store, recording, episodes);
  const hasLine = promise !== null && keys.some(({ inspection }) => inspection.threshold !== null);
  const far = hasLine ? await outOfReach(run, promise, keys) : null;
  return {
    version: 1,
    program: VERSION,
    monitor: run.name,
    detector: monitor.detector.name,
    title: monitor.detector.title,
    input: run.inputName,
    promise: hasLine ? promise : null,
    reference: reference === null ? null : { ...reference },
    gauges: monitor.detector.gauges.map(({ name, help }) => ({ name, help })),
    events: summary.events,
    accepted: summary.accepted,
    rejected: summary.rejected,
    signals: summary.signals,
    prequential: summary.prequential ?? null,
    keyCount: recording.keys.size,
    keys,
    whatIf: hasLine ? whatIf(recording, far, episodes) : null,
  };
}

/** Above the highest level that is asked about. */
const FARTHER = 100;

/**
 * The same stream under an alarm line so far off that no alarm lets the evidence begin anew. Null where that is another
 * monitor: the detector refuses it, or its line is no multiple of the promise.
 */
async function outOfReach(run: Run, promise: number, keys: readonly ReportKey[]): Promise<Recording | null> {
  if (run.input === "-") return null;
  const config = {
    ...run.config,
    falseAlarms: { ...run.config.falseAlarms, events: promise * FARTHER },
  } as MonitorConfig;
  const recording = createRecording(promise, FARTHER);
  let monitor: Monitor;
  try {
    monitor = await openRecorded(run.name, config, run.loaded, run.env, run.path, { watch: recording.watch });
  } catch (error) {
    if (error instanceof TidegaugeError && error.code === "CONFIG_INVALID") return null;
    throw error;
  }
  const store = recordStore({ episodes: false });
  await runThrough(monitor, recordedSource(run.input, run.loaded.config.limits.recordBytes), store);
  const known = keys.find(({ inspection }) => inspection.threshold !== null)!;
  const there = await inspectKey(monitor, store, known.key);
  const times = (there?.threshold ?? 0) / known.inspection.threshold!;
  return Math.abs(times / FARTHER - 1) < 0.02 ? recording : null;
}
