import { type Inspection, type Model, NO_SIGNALS, type Outcome, type Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { createReader } from "../statistics/bytes.ts";
import { type ClassicState, DRIFT, QUIET, type Verdict, WARNING } from "../statistics/classic/classic.ts";
import { type ClassicOptions, classicOf } from "./classics.ts";
import { type NumericEvent, numberOf } from "./event.ts";
import { VERSION } from "./version.ts";
import { short } from "./words.ts";

export interface ClassicKey extends ClassicState {
  verdict: Verdict;
}

/** A classic detector per key: each of its detections is one signal. */
export function classicModel(options: ClassicOptions): Model<NumericEvent, ClassicKey> {
  const detector = classicOf(options);
  const { algorithm } = options;

  const step = (state: ClassicKey, event: NumericEvent): Outcome => {
    const x = numberOf(event);
    if (detector.binary && !(x >= 0 && x <= 1)) return OUT_OF_RANGE;
    const before = state.verdict;
    const verdict = detector.update(state, x);
    state.verdict = verdict;
    if (verdict === QUIET || (verdict === WARNING && before === WARNING)) {
      return { ratio: Math.min(detector.ratio(state), BELOW_ONE), signals: NO_SIGNALS };
    }
    const facts = detector.facts(state);
    const signals = [verdict === DRIFT ? drift(algorithm, facts) : warning(algorithm, facts)];
    const ratio = detector.ratio(state);
    return { ratio: verdict === DRIFT ? Math.max(1, ratio) : Math.min(ratio, BELOW_ONE), signals };
  };

  const inspect = (state: ClassicKey): Inspection => {
    const facts = detector.facts(state);
    const gauges: Record<string, number> = {};
    const mean = facts.mean ?? facts.rate ?? facts.weightedMean;
    const window = facts.width ?? facts.events ?? facts.window;
    if (mean !== undefined) gauges.numeric_mean = mean;
    if (window !== undefined) gauges.numeric_window_events = window;
    return {
      status: state.verdict === WARNING ? "warning" : "steady",
      statistic: null,
      threshold: null,
      gauges,
      details: {
        algorithm,
        parameters: options,
        promise: `none: ${algorithm} cannot promise how often it alarms falsely; the calibrated algorithm can.`,
        now: facts,
      },
    };
  };

  return {
    recovers: false,
    init: () => ({ ...detector.create(), verdict: QUIET }),
    step: (batch) => batch.map(({ state, event }) => step(state, event)),
    status: (state) => (state.verdict === WARNING ? "warning" : "steady"),
    inspect,
    save: (states) => states.map(save),
    load: (snapshots) => snapshots.map((s) => load(s, detector.create().cells.length)),
  };
}

const BELOW_ONE = 0.999999;

const OUT_OF_RANGE: Outcome = Object.freeze({
  ratio: 0,
  signals: NO_SIGNALS,
  reject: { reason: "out-of-range" as const, detail: "This algorithm watches errors: a number from 0 to 1." },
});

type Facts = Readonly<Record<string, number>>;

function drift(algorithm: string, facts: Facts): SignalDraft {
  const summary = `${sentence(algorithm, facts)} (${algorithm}).`;
  return {
    kind: "drift",
    onset: null,
    statistic: null,
    threshold: null,
    summary,
    explanation: { algorithm, ...facts },
  };
}

function warning(algorithm: string, facts: Facts): SignalDraft {
  const summary = `A change may be beginning (${algorithm}).`;
  return {
    kind: "warning",
    onset: null,
    statistic: null,
    threshold: null,
    summary,
    explanation: { algorithm, ...facts },
  };
}

function sentence(algorithm: string, f: Facts): string {
  switch (algorithm) {
    case "adwin":
      return `The mean went from ${short(f.meanBefore!)} to ${short(f.mean!)} over the newest ${f.width} events`;
    case "page-hinkley":
      return `The mean is ${f.rise! >= f.fall! ? "rising" : "falling"} and now ${short(f.mean!)}`;
    case "ddm":
      return `The error rate rose to ${short(f.rate!)} from ${short(f.leastRate!)} at its best`;
    case "eddm":
      return `Errors follow each other more closely: ${short(f.meanDistance!)} events apart on average`;
    case "hddm-a":
      return `The error rate is ${short(f.mean!)} on average and no longer what it was`;
    case "hddm-w":
      return `The error rate went from ${short(f.before!)} to ${short(f.after!)}`;
    default:
      return `The newest values are spread differently: distance ${short(f.distance!)}`;
  }
}

/** What is saved next; as a checkpoint saves thousands, none of them makes more than its own bytes. */
let filled = new Float64Array(64);
let filledBytes = new Uint8Array(filled.buffer);

/**
 * Cells are mostly zero in a young window: a bit for each, then those that are not. Verdict, number of cells, bits and
 * filled cells each behind their length in bytes, little-endian.
 */
function save(state: ClassicKey): Snapshot {
  const { cells } = state;
  if (filled.length < cells.length) {
    filled = new Float64Array(2 * cells.length);
    filledBytes = new Uint8Array(filled.buffer);
  }
  let n = 0;
  for (let i = 0; i < cells.length; i++) if (!Object.is(cells[i], 0)) filled[n++] = cells[i]!;
  const bits = (cells.length + 7) >> 3;
  const running = new Uint8Array(13 + bits + 8 * n);
  running[0] = state.verdict;
  writeU32(running, 1, cells.length);
  writeU32(running, 5, bits);
  for (let i = 0; i < cells.length; i++) {
    if (!Object.is(cells[i], 0)) running[9 + (i >> 3)] = running[9 + (i >> 3)]! | (1 << (i & 7));
  }
  writeU32(running, 9 + bits, 8 * n);
  running.set(filledBytes.subarray(0, 8 * n), 13 + bits);
  return { version: VERSION, running, parts: [] };
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function load(snapshot: Snapshot, least: number): ClassicKey {
  // Unchanged since version 1.
  if (snapshot.version < 1 || snapshot.version > VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: "numeric", version: snapshot.version, known: VERSION });
  }
  const r = createReader(snapshot.running);
  const verdict = r.u8() as Verdict;
  const cells = new Float64Array(Math.max(least, r.u32()));
  const bits = r.bytes();
  const filled = r.f64s();
  let n = 0;
  for (let i = 0; i < bits.length * 8; i++) if (bits[i >> 3]! & (1 << (i & 7))) cells[i] = filled[n++]!;
  return { cells, verdict };
}
