import type { Part } from "../../engine/detector.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import type { Random } from "../statistics/random.ts";
import type { Measure } from "./event.ts";
import { type FitSettings, type FleetFit, fitFleet, tested } from "./fit.ts";
import { type FleetShift, learnFleet, loadFleetShift, observeFleet, saveFleetShift } from "./fleet-shift.ts";
import type { Options } from "./options.ts";
import { bookInterventions, createLedger, effectOf, type Ledger, type ReminderEffect } from "./reminders.ts";
import { type Thresholds, thresholdsFor } from "./threshold.ts";
import { type Lag, skipped, type Track } from "./track.ts";
import { curveAt, scaled } from "./whiten.ts";
import { clearWindow, createWindow, keepTrack, loadWindow, saveWindow, type Window } from "./window.ts";

/** The fleet stage: what closed conversations teach, and whether their level has moved. */
export interface Fleet {
  window: Window;
  ledger: Ledger;
  /** Conversations closed so far, and since learning began (anew). */
  closed: number;
  learnt: number;
  /** Recurrence in raw divergence, and in the scale of the tests (the same where that is raw). */
  raw: FleetFit | null;
  fit: FleetFit | null;
  thresholds: Thresholds | null;
  effect: ReminderEffect | null;
  /** What means are taken against, fixed with the reference. */
  reference: Reference | null;
  shift: FleetShift | null;
  /** Exponential means over 200 conversations: of their means in the reference's scale. */
  level: number | null;
  equilibrium: Equilibrium;
}

/** Whether the cell is known to have an equilibrium. */
export type Equilibrium = "unknown" | "equilibrium" | "none";

interface Reference {
  readonly log: boolean;
  readonly curve: Float64Array;
  readonly transient: number;
  /** Mean of the reference's conversations. */
  readonly mean: number;
  readonly sd: number;
}

export interface FleetSettings {
  readonly options: Options;
  /** Closed conversations that teach what is normal. */
  readonly reference: number;
  /** Turns between false alarms of a kind. */
  readonly promise: number;
}

/** Conversations are tested from so many closed ones on (or the reference, where that is shorter). */
export const ENOUGH = 100;
const MEMORY = 200;
/** Reminders are added back once so many are known. */
const KNOWN_REMINDERS = 20;

export function createFleet(): Fleet {
  return {
    window: createWindow(),
    ledger: createLedger(),
    closed: 0,
    learnt: 0,
    raw: null,
    fit: null,
    thresholds: null,
    effect: null,
    reference: null,
    shift: null,
    level: null,
    equilibrium: "unknown",
  };
}

/** Takes a closed conversation; returns the statistic of the fleet's level, 0 while its reference is learnt. */
export function closeTrack(
  fleet: Fleet,
  track: Track,
  measure: Measure,
  index: number,
  random: Random,
  settings: FleetSettings,
): number {
  const { options, reference } = settings;
  const left = keepTrack(fleet.window, track, Math.max(options.memory, reference));
  if (left.length > 0) bookInterventions(fleet.ledger, left, fleet.raw);
  fleet.closed++;
  fleet.learnt++;
  if (isFitTime(fleet.learnt, reference)) refit(fleet, measure, settings);
  let statistic = 0;
  if (fleet.shift !== null && fleet.reference !== null) {
    const mean = meanAgainst(track, fleet.reference);
    fleet.level = fleet.level === null ? mean : fleet.level + (mean - fleet.level) / MEMORY;
    statistic = observeFleet(fleet.shift, mean, index, random);
  } else if (fleet.learnt >= reference) learnReference(fleet, reference);
  return statistic;
}

/** Early and often, then every 50, then every 100. */
function isFitTime(learnt: number, reference: number): boolean {
  if (learnt === Math.min(ENOUGH, reference) || learnt === reference) return true;
  if (learnt <= 100) return learnt === 20 || learnt === 30 || learnt === 50 || learnt === 70;
  return learnt % (learnt <= 1000 ? 50 : 100) === 0;
}

const PASSES = 3;

/** Estimates everything anew from the window. */
export function refit(fleet: Fleet, measure: Measure, settings: FleetSettings): void {
  const { options } = settings;
  const tracks = examplesOf(fleet.window.tracks);
  const acts: Lag | null =
    options.interventionActs === "auto" ? null : options.interventionActs === "same-turn" ? 0 : 1;
  const marked = tracks.some(({ marks }) => marks.some((m) => m !== 0));
  let lag: Lag = acts ?? fleet.effect?.lag ?? 1;
  let pushed = fleet.effect;
  for (let pass = 0; pass < (marked ? PASSES : 1); pass++) {
    const effect = pushed !== null && pushed.reminders >= KNOWN_REMINDERS ? (pushed.effect ?? 0) : 0;
    const made = fitFleet(tracks, { log: false, transient: options.transientTurns, lag, effect }, fleet.raw?.phi ?? 0);
    if (made === null) break;
    fleet.raw = made;
    pushed = effectOf(fleet.ledger, fleet.window.tracks, made, acts);
    fleet.effect = pushed;
    lag = pushed?.lag ?? lag;
  }
  const { raw } = fleet;
  if (raw === null) return;
  fleet.fit = scaleFor(raw, tracks, measure, options, { lag, transient: options.transientTurns });
  const fit = tested(fleet.fit);
  const made = thresholdsFor(fit.meanTurns - fit.transient, fit.phi, fit.tau / fit.sigma, settings.promise);
  // Innovations with heavier tails than a normal's need higher thresholds in the same measure.
  const heavy = Math.max(1, fit.tail / TOLERATED_TAIL);
  fleet.thresholds = { step: made.step * heavy, ramp: made.ramp * heavy };
}

/** What was flagged is left out, unless that is what is usual now. */
function examplesOf(tracks: readonly Track[]): readonly Track[] {
  const usual = tracks.filter(({ strange }) => !strange);
  return usual.length >= tracks.length / 2 ? usual : tracks;
}

const TOLERATED_TAIL = 1.1;
/** Log-likelihood a turn by which the logarithm must fit better. */
const BETTER = 0.02;

function scaleFor(
  raw: FleetFit,
  tracks: readonly Track[],
  measure: Measure,
  { scale }: Options,
  rest: Pick<FitSettings, "lag" | "transient">,
): FleetFit {
  if (scale === "raw" || (scale === "auto" && measure !== "positions" && measure !== "divergence")) return raw;
  if (scale === "auto" && tracks.some(({ values }) => values.some((v) => v < 0))) return raw;
  const log = fitFleet(tracks, { ...rest, log: true, effect: 0 });
  if (log === null) return raw;
  return scale === "log" || log.likelihood > raw.likelihood + BETTER ? log : raw;
}

/** The last `first` closed conversations are what is normal. */
export function learnReference(fleet: Fleet, first: number): void {
  const { fit } = fleet;
  // Nothing varies, or conversations have hardly a turn: then their plain means are what there is.
  const { log, curve, transient } = fit ?? { log: false, curve: new Float64Array(1), transient: 0 };
  const made = { log, curve, transient };
  const means = Float64Array.from(fleet.window.tracks.slice(-first), (track) => meanAgainst(track, made));
  let mean = 0;
  for (const m of means) mean += m / means.length;
  let squares = 0;
  for (const m of means) squares += (m - mean) ** 2;
  fleet.reference = { ...made, mean, sd: Math.sqrt(squares / Math.max(1, means.length - 1)) };
  fleet.shift = learnFleet(means);
  fleet.level = mean;
}

/** Mean of a conversation's turns less the reference's curve, in its scale. */
export function meanAgainst(track: Track, { log, curve, transient }: Omit<Reference, "mean" | "sd">): number {
  const { turns, values } = track;
  const from = Math.min(skipped(track, transient), turns.length - 1);
  let sum = 0;
  for (let i = from; i < turns.length; i++) sum += scaled(values[i]!, log) - curveAt(curve, turns[i]!);
  return sum / (turns.length - from);
}

/** A person's word: what comes now is normal. Learning begins anew. */
export function relearn(fleet: Fleet): void {
  clearWindow(fleet.window);
  fleet.learnt = 0;
  fleet.raw = null;
  fleet.fit = null;
  fleet.thresholds = null;
  fleet.reference = null;
  fleet.shift = null;
  fleet.level = null;
  fleet.equilibrium = "unknown";
}

export function saveFleet(fleet: Fleet, w: Writer): readonly Part[] {
  const parts = saveWindow(fleet.window, w);
  const { ledger, closed, learnt, raw, fit, thresholds, effect, reference, level, equilibrium } = fleet;
  const same = raw === fit;
  const small = {
    ledger,
    closed,
    learnt,
    raw,
    fit: same ? null : fit,
    same,
    thresholds,
    effect,
    reference,
    level,
    equilibrium,
  };
  w.text(JSON.stringify(small, (_, value) => (value instanceof Float64Array ? [...value] : value)));
  w.u8(fleet.shift === null ? 0 : 1);
  if (fleet.shift !== null) saveFleetShift(fleet.shift, w);
  return parts;
}

export function loadFleet(r: Reader, parts: readonly Part[]): Fleet {
  const window = loadWindow(r, parts);
  const { same, ...small } = JSON.parse(r.text(), (name, value) =>
    name === "curve" && Array.isArray(value) ? Float64Array.from(value as number[]) : value,
  ) as Omit<Fleet, "window" | "shift"> & { same: boolean };
  const shift = r.u8() === 1 ? loadFleetShift(r) : null;
  return { ...small, fit: same ? small.raw : small.fit, window, shift };
}
