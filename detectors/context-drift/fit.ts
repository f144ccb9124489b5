import { quantile } from "../statistics/normal.ts";
import { fitCurve } from "./curve.ts";
import { criticalZ, solvePhi, unitRootZ, type WithinSums } from "./nickell.ts";
import { actsOn, type Lag, skipped, type Track } from "./track.ts";
import { createWhitened, curveAt, type Dynamics, scaled, whiten } from "./whiten.ts";

/** A fleet's recurrence, estimated from closed conversations in one scale. */
export interface FleetFit extends Dynamics {
  readonly conversations: number;
  readonly pairs: number;
  readonly phiLow: number;
  readonly phiHigh: number;
  /** 95 % interval of the level. */
  readonly levelLow: number;
  readonly levelHigh: number;
  /** Unit-root test: below `critical` there is an equilibrium. Null: not enough to say. */
  readonly z: number | null;
  readonly critical: number;
  /** φ by Anderson and Hsiao's instrument; well below φ where conversations have trends of their own. */
  readonly andersonHsiao: number | null;
  readonly meanTurns: number;
  /** 99 % quantile of the whitened innovations over a normal's. */
  readonly tail: number;
  /** Mean log-likelihood of a turn with normal innovations, as a density of the raw divergence: it compares scales. */
  readonly likelihood: number;
}

export interface FitSettings {
  readonly log: boolean;
  readonly transient: number | null;
  readonly lag: Lag;
  /** What a reminder is taken to lower the turn by: added back, so that the law is that of conversations left alone. */
  readonly effect: number;
}

/** Conversations that a fit needs at the least. */
export const LEAST_CONVERSATIONS = 20;
export const HIGHEST_TESTED = 0.98;
const MOST_TRANSIENT = 2;

/** Null while there is too little, or nothing varies. */
export function fitFleet(tracks: readonly Track[], settings: FitSettings, guess = 0): FleetFit | null {
  if (tracks.length < LEAST_CONVERSATIONS) return null;
  const { log, lag, effect } = settings;
  const values = tracks.map((track) => alone(track, log, lag, effect, guess));
  const curve = fitCurve(tracks, values);
  for (let i = 0; i < tracks.length; i++) {
    const row = values[i]!;
    for (let t = 0; t < row.length; t++) row[t] = row[t]! - curveAt(curve, tracks[i]!.turns[t]!);
  }
  const transient = settings.transient ?? findTransient(tracks, values);
  const sums: WithinSums[] = [];
  let pairs = 0;
  let top = 0;
  let bottom = 0;
  let turns = 0;
  const means: number[] = [];
  for (let i = 0; i < tracks.length; i++) {
    const track = tracks[i]!;
    const row = values[i]!;
    turns += track.turns.length;
    const from = skipped(track, transient);
    if (from < row.length) means.push(meanOf(row, from, row.length));
    const [begin, end] = longestRun(track.turns, from);
    for (let t = begin + 2; t < end; t++) {
      top += row[t - 2]! * (row[t]! - row[t - 1]!);
      bottom += row[t - 2]! * (row[t - 1]! - row[t - 2]!);
    }
    const s = within(row, begin, end);
    if (s === null) continue;
    sums.push(s);
    pairs += s.pairs;
  }
  const solved = solvePhi(sums);
  if (solved === null || means.length < LEAST_CONVERSATIONS) return null;
  const level = meanOf(means, 0, means.length);
  const half = (1.96 * sdOf(means, level)) / Math.sqrt(means.length);
  const phi = Math.min(HIGHEST_TESTED, solved.phi);
  const noise = spreads(tracks, values, level, phi, transient, { log, curve, lag });
  if (noise === null) return null;
  return {
    log,
    lag,
    transient,
    curve,
    level,
    levelLow: level - half,
    levelHigh: level + half,
    phi: solved.phi,
    phiLow: solved.low,
    phiHigh: solved.high,
    ...noise,
    conversations: sums.length,
    pairs,
    z: unitRootZ(sums),
    critical: criticalZ(sums.length),
    andersonHsiao: bottom !== 0 && sums.length >= 50 ? Math.max(-2, Math.min(2, top / bottom)) : null,
    meanTurns: turns / tracks.length,
  };
}

/** φ as the tests of conversations take it. */
export function tested(fit: FleetFit): FleetFit {
  return fit.phi <= HIGHEST_TESTED ? fit : { ...fit, phi: HIGHEST_TESTED };
}

/** The values as they would be without reminders: each push decays with φ. */
function alone(track: Track, log: boolean, lag: Lag, effect: number, phi: number): Float64Array {
  const row = new Float64Array(track.values.length);
  let push = 0;
  for (let i = 0; i < row.length; i++) {
    if (push !== 0) push *= phi ** (track.turns[i]! - track.turns[i - 1]!);
    if (effect !== 0 && actsOn(track, i, lag) === "reminder") push += effect;
    row[i] = scaled(track.values[i]!, log) + push;
  }
  return row;
}

/** The longest stretch of turns one after the other, [begin, end). */
function longestRun(turns: readonly number[], from: number): readonly [number, number] {
  let best: readonly [number, number] = [from, from];
  let begin = from;
  for (let i = from; i < turns.length; i++) {
    if (i > begin && turns[i]! !== turns[i - 1]! + 1) begin = i;
    if (i + 1 - begin > best[1] - best[0]) best = [begin, i + 1];
  }
  return best;
}

function within(row: Float64Array, begin: number, end: number): WithinSums | null {
  const pairs = end - begin - 1;
  if (pairs < 2) return null;
  const mean = meanOf(row, begin, end - 1);
  let num = 0;
  let den = 0;
  for (let t = begin; t < end - 1; t++) {
    const x = row[t]! - mean;
    num += x * row[t + 1]!;
    den += x * x;
  }
  return { pairs, num, den };
}

/** σ from what whitening leaves within each conversation, τ from the levels beyond what that explains. */
function spreads(
  tracks: readonly Track[],
  values: readonly Float64Array[],
  level: number,
  phi: number,
  transient: number,
  { log, curve, lag }: Pick<Dynamics, "log" | "curve" | "lag">,
): { sigma: number; tau: number; tail: number; likelihood: number } | null {
  const d: Dynamics = { log, curve, lag, level, phi, sigma: 1, tau: 0, transient };
  const v = createWhitened();
  const residuals: number[] = [];
  const levels: number[] = [];
  const errors: number[] = [];
  for (let i = 0; i < tracks.length; i++) {
    const track = tracks[i]!;
    const from = skipped(track, transient);
    if (values[i]!.length - from < 3) continue;
    whiten(track, d, from, track.turns.length, v);
    let aw = 0;
    let aa = 0;
    let n = 0;
    for (let k = 0; k < v.length; k++) {
      if (v.r[k] === 0) continue;
      aw += v.a[k]! * v.w[k]!;
      aa += v.a[k]! * v.a[k]!;
      n++;
    }
    if (n < 3 || !(aa > 0)) continue;
    const m = aw / aa;
    const widen = Math.sqrt(n / (n - 1));
    for (let k = 0; k < v.length; k++) if (v.r[k]! > 0) residuals.push((v.w[k]! - v.a[k]! * m) * widen);
    levels.push(m);
    errors.push(1 / aa);
  }
  if (residuals.length < 20) return null;
  const sorted = Float64Array.from(residuals).sort();
  const middle = quantile(sorted, 0.5);
  const sigma = 1.4826 * quantile(sorted.map((r) => Math.abs(r - middle)).sort(), 0.5);
  if (!(sigma > 1e-12 * (1 + Math.abs(level)))) return null;
  const tail = (quantile(sorted, 0.99) - middle) / sigma / 2.326;
  const likelihood = -Math.log(sdOf(residuals, 0)) - (log ? jacobianOf(tracks) : 0);
  return { sigma, tail, likelihood, tau: spreadOf(levels, meanOf(errors, 0, errors.length) * sigma * sigma) };
}

/** Mean of the logarithms: ln |d log(D + shift)/dD| = −ln(D + shift). */
function jacobianOf(tracks: readonly Track[]): number {
  let sum = 0;
  let n = 0;
  for (const { values } of tracks) {
    for (const value of values) sum += scaled(value, true);
    n += values.length;
  }
  return sum / n;
}

/** Standard deviation beyond the noise's variance; what lies beyond three robust deviations counts as three. */
function spreadOf(levels: readonly number[], noise: number): number {
  const sorted = Float64Array.from(levels).sort();
  const middle = quantile(sorted, 0.5);
  const robust = 1.4826 * quantile(sorted.map((m) => Math.abs(m - middle)).sort(), 0.5);
  let squares = 0;
  for (const m of levels) squares += Math.min(3 * robust, Math.abs(m - middle)) ** 2;
  return Math.sqrt(Math.max(0, squares / levels.length - noise));
}

/**
 * Turns at the beginning whose spread is not that of later ones: there the stationary law does not hold yet. The chance of
 * finding one where there is none is below one in 10⁴.
 */
function findTransient(tracks: readonly Track[], values: readonly Float64Array[]): number {
  const early = Array.from({ length: MOST_TRANSIENT }, () => [] as number[]);
  const late: number[] = [];
  for (let i = 0; i < tracks.length; i++) {
    const track = tracks[i]!;
    if (track.seen > track.turns.length || track.turns.length < MOST_TRANSIENT + 2) continue;
    const row = values[i]!;
    for (let t = 0; t < row.length; t++) (early[t] ?? late).push(row[t]!);
  }
  const n = early[0]!.length;
  if (n < LEAST_CONVERSATIONS) return 0;
  const wide = varianceOf(late);
  const strange = Math.max(0.4, 5 * Math.sqrt(2 / n));
  let transient = 0;
  early.forEach((row, t) => {
    if (Math.abs(Math.log(varianceOf(row) / wide)) > strange) transient = t + 1;
  });
  return wide > 0 ? transient : 0;
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values, 0, values.length);
  return sdOf(values, mean) ** 2;
}

function sdOf(values: ArrayLike<number>, mean: number): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}

function meanOf(values: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return to > from ? sum / (to - from) : 0;
}

/** What one intervention's turn came out below its conversation's own prediction: positive is lower. */
export interface Surprise {
  readonly kind: "reminder" | "holdout";
  /** By the level that all other turns and the fleet tell: least noise, but those who choose may know the level better. */
  readonly below: number;
  /** By the level that later turns tell: untouched by why it was chosen. Equal to the former where there are none. */
  readonly fair: number;
  /** 1/variance of `fair`, in innovations. */
  readonly weight: number;
  /** D after it less D before: what a naive look would take for the effect. */
  readonly naive: number;
}

const scratch = createWhitened();

/** Of each turn on which an intervention acts. */
export function surprisesOf(track: Track, fit: FleetFit, lag: Lag): Surprise[] {
  const d = { ...tested(fit), lag };
  const from = skipped(track, d.transient);
  const found: Surprise[] = [];
  let ready = false;
  for (let i = from + 1; i < track.turns.length; i++) {
    const kind = actsOn(track, i, lag);
    if (kind === null) continue;
    if (!ready) whiten(track, d, from, track.turns.length, scratch);
    ready = true;
    const k = i - from;
    const carry = d.phi ** (track.turns[i]! - track.turns[i - 1]!);
    let [aw, aa] = sumsOf(0, k);
    const [lateW, lateA] = sumsOf(k + 1, scratch.length);
    aw += lateW;
    aa += lateA;
    const before = scratch.y[k - 1]!;
    const expected = (m: number): number => m + carry * (before - m);
    const below = expected(d.tau > 0 ? aw / (aa + 1 / (d.tau * d.tau)) : 0) - scratch.y[k]!;
    const own = ((1 - carry) / d.sigma) ** 2;
    const later = lateA > 0 && own / lateA < MOST_NOISE;
    found.push({
      kind,
      below,
      fair: later ? expected(lateW / lateA) - scratch.y[k]! : below,
      weight: later ? 1 / (1 + own / lateA) : 1,
      naive: scratch.y[k]! - before,
    });
  }
  return found;
}

/** Where the later turns say less than this of the level, they are not asked. */
const MOST_NOISE = 4;

function sumsOf(from: number, to: number): [number, number] {
  let aw = 0;
  let aa = 0;
  for (let k = from; k < to; k++) {
    aw += scratch.a[k]! * scratch.w[k]!;
    aa += scratch.a[k]! * scratch.a[k]!;
  }
  return [aw, aa];
}
