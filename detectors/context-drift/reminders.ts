import { type FleetFit, type Surprise, surprisesOf } from "./fit.ts";
import type { Lag, Track } from "./track.ts";

/** Sums over interventions of one kind: of what came below all that is known, and below what later turns tell (weighted). */
export interface Sums {
  n: number;
  below: number;
  squares: number;
  weight: number;
  fair: number;
  /** Σ w², Σ w²·fair, Σ w²·fair²: the fair mean's error, however unequal the noise. */
  w0: number;
  w1: number;
  w2: number;
  naive: number;
}

/** Of conversations that have left the window, by the turn on which an intervention is taken to act. */
export interface Ledger {
  readonly reminder: readonly [Sums, Sums];
  readonly holdout: readonly [Sums, Sums];
}

/** What reminders do, in raw divergence: positive lowers it. */
export interface ReminderEffect {
  readonly lag: Lag;
  readonly reminders: number;
  /** Own prediction less what came; null without reminders. */
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Change from the turn before: wrong where reminders are given because a turn was bad. */
  readonly naive: number | null;
  readonly holdouts: number;
  /** The same where it was withheld: 0 if the predictions are right. */
  readonly holdoutBelow: number | null;
  readonly holdoutLow: number | null;
  readonly holdoutHigh: number | null;
  /** Effect against holdouts: unbiased whatever the model. */
  readonly contrast: number | null;
  readonly contrastLow: number | null;
  readonly contrastHigh: number | null;
}

/** Old interventions fade once there are more. */
const MOST = 5000;
/** Before that the lag is the next turn's. */
const ENOUGH_FOR_LAG = 20;

export function createLedger(): Ledger {
  return { reminder: [zero(), zero()], holdout: [zero(), zero()] };
}

/** Books the interventions of conversations that leave the window, at their last fit. */
export function bookInterventions(ledger: Ledger, tracks: readonly Track[], fit: FleetFit | null): void {
  if (fit === null) return;
  addTo(ledger, tracks, fit);
  for (const kind of ["reminder", "holdout"] as const) {
    for (const sums of ledger[kind]) {
      if (sums.n <= MOST) continue;
      const by = MOST / sums.n;
      for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] *= by;
    }
  }
}

function addTo(ledger: Ledger, tracks: readonly Track[], fit: FleetFit): void {
  for (const track of tracks) {
    if (!track.marks.some((m) => m !== 0)) continue;
    for (const lag of [0, 1] as const)
      for (const each of surprisesOf(track, fit, lag)) add(ledger[each.kind][lag], each);
  }
}

/** Over the ledger and the window; null where nothing was marked. */
export function effectOf(
  ledger: Ledger,
  window: readonly Track[],
  fit: FleetFit,
  acts: Lag | null,
): ReminderEffect | null {
  const all: Ledger = {
    reminder: [{ ...ledger.reminder[0] }, { ...ledger.reminder[1] }],
    holdout: [{ ...ledger.holdout[0] }, { ...ledger.holdout[1] }],
  };
  addTo(all, window, fit);
  const lag = acts ?? likelierLag(all);
  const reminder = all.reminder[lag];
  const holdout = all.holdout[lag];
  if (reminder.n === 0 && holdout.n === 0) return null;
  const r = fairMean(reminder);
  const h = fairMean(holdout);
  const a = plainMean(reminder);
  const b = plainMean(holdout);
  const contrast = a !== null && b !== null ? a.mean - b.mean : null;
  const half = a !== null && b !== null ? 1.96 * Math.hypot(a.error, b.error) : 0;
  return {
    lag,
    reminders: Math.round(reminder.n),
    effect: r?.mean ?? null,
    low: r?.low ?? null,
    high: r?.high ?? null,
    naive: reminder.n > 0 ? reminder.naive / reminder.n : null,
    holdouts: Math.round(holdout.n),
    holdoutBelow: h?.mean ?? null,
    holdoutLow: h?.low ?? null,
    holdoutHigh: h?.high ?? null,
    contrast,
    contrastLow: contrast === null ? null : contrast - half,
    contrastHigh: contrast === null ? null : contrast + half,
  };
}

/** The turn on which reminders lower the divergence the more surely. */
function likelierLag(all: Ledger): Lag {
  const [same, next] = all.reminder;
  if (same.n < ENOUGH_FOR_LAG || next.n < ENOUGH_FOR_LAG) return 1;
  return sureness(same) > Math.max(sureness(next), 2) ? 0 : 1;
}

function sureness(sums: Sums): number {
  const i = fairMean(sums);
  return i === null || !(i.error > 0) ? 0 : i.mean / i.error;
}

interface Estimate {
  readonly mean: number;
  readonly error: number;
  readonly low: number;
  readonly high: number;
}

function fairMean({ n, weight, fair, w0, w1, w2 }: Sums): Estimate | null {
  if (n < 2) return null;
  const mean = fair / weight;
  const error = Math.sqrt(Math.max(0, w2 - 2 * mean * w1 + mean * mean * w0)) / weight;
  return { mean, error, low: mean - 1.96 * error, high: mean + 1.96 * error };
}

function plainMean({ n, below, squares }: Sums): Estimate | null {
  if (n < 2) return null;
  const mean = below / n;
  const error = Math.sqrt(Math.max(0, squares / n - mean * mean) / (n - 1));
  return { mean, error, low: mean - 1.96 * error, high: mean + 1.96 * error };
}

function add(sums: Sums, { below, fair, weight, naive }: Surprise): void {
  const square = weight * weight;
  sums.n++;
  sums.below += below;
  sums.squares += below * below;
  sums.weight += weight;
  sums.fair += weight * fair;
  sums.w0 += square;
  sums.w1 += square * fair;
  sums.w2 += square * fair * fair;
  sums.naive += naive;
}

function zero(): Sums {
  return { n: 0, below: 0, squares: 0, weight: 0, fair: 0, w0: 0, w1: 0, w2: 0, naive: 0 };
}
