import type { Onset } from "../../engine/signal.ts";
import { normalShare } from "./normal.ts";

/**
 * Shiryaev–Roberts sums over bets: R_b ← (R_b + s)·e_b is the sum over every possible beginning k of Π e_b since k. With bets
 * of mean 1 the weighted sum of the R_b reaches A after A events or more on average: A is the promise.
 * Weighted by their products the beginnings are a posterior of when the change began; beside each R_b stand the sums of the
 * beginnings' ages and of their squares, from which its mean and spread follow, however far back it lies.
 * Sums first, then ages, then squares.
 */
export type Evidence = Float32Array;

/** Length of the evidence of so many bets. */
export function evidenceLength(bets: number): number {
  return 3 * bets;
}

/**
 * Takes one event's bets; returns the weighted sum. s is 1, or 0 where no change could show yet (known before the event):
 * a constant stream has e = 1 throughout and would count up like a clock.
 */
export function gather(v: Evidence, e: Float64Array, weights: Float64Array, s: 0 | 1): number {
  const n = weights.length;
  let total = 0;
  for (let b = 0; b < n; b++) {
    const g = v[b]!;
    const by = e[b]!;
    const ages = v[n + b]!;
    v[2 * n + b] = (v[2 * n + b]! + 2 * ages + g) * by;
    v[n + b] = (ages + g) * by;
    const sum = (g + s) * by;
    v[b] = sum;
    total += weights[b]! * sum;
  }
  return total;
}

export function statisticOf(v: Evidence, weights: Float64Array): number {
  let total = 0;
  for (let b = 0; b < weights.length; b++) total += weights[b]! * v[b]!;
  return total;
}

/** Share of the statistic that the bets [from, to) hold. */
export function shareOf(v: Evidence, weights: Float64Array, from: number, to: number): number {
  let part = 0;
  for (let b = from; b < to; b++) part += weights[b]! * v[b]!;
  const total = statisticOf(v, weights);
  return total > 0 ? part / total : 0;
}

/**
 * When the change began, seen from event `index`: the posterior's median and its 5–95 % range. Under each bet the age is taken as
 * gamma distributed with that bet's mean and variance (Wilson and Hilferty's cube root), and the bets count by their evidence.
 * `growing`: what each bet's age is taken times for the older end, where the change may as well have grown (1: it came at once).
 */
export function onsetOf(v: Evidence, weights: Float64Array, index: number, growing: Float64Array | null = null): Onset {
  const parts = agesOf(v, weights);
  if (parts.length === 0) return { index, low: index, high: index };
  const older = growing ? parts.map((part) => ({ ...part, mean: part.mean * growing[part.bet]! })) : parts;
  return {
    index: Math.round(index - ageAt(0.5, parts)),
    low: Math.floor(index - ageAt(0.95, older)),
    high: Math.ceil(index - ageAt(0.05, parts)),
  };
}

interface Age {
  readonly bet: number;
  /** Of the evidence. */
  readonly share: number;
  readonly mean: number;
  /** Variance over nine times the squared mean. */
  readonly ninth: number;
}

/** Bets with less of the evidence than this say nothing. */
const LEAST_SHARE = 1e-4;

function agesOf(v: Evidence, weights: Float64Array): readonly Age[] {
  const n = weights.length;
  const total = statisticOf(v, weights);
  const parts: Age[] = [];
  for (let bet = 0; bet < n; bet++) {
    const sum = v[bet]!;
    const share = (weights[bet]! * sum) / total;
    if (!(share > LEAST_SHARE)) continue;
    // An age is known to half an event.
    const mean = Math.max(0.5, v[n + bet]! / sum);
    const variance = Math.max(0.25, v[2 * n + bet]! / sum - mean * mean);
    parts.push({ bet, share, mean, ninth: variance / (9 * mean * mean) });
  }
  return parts;
}

/** The age that the share `level` of the beginnings does not exceed. */
function ageAt(level: number, parts: readonly Age[]): number {
  const all = parts.reduce((sum, { share }) => sum + share, 0);
  let low = 0;
  let high = 20 * Math.max(...parts.map(({ mean }) => mean));
  while (high - low > 1e-3) {
    const age = (low + high) / 2;
    let below = 0;
    for (const { share, mean, ninth } of parts) {
      below += share * normalShare((Math.cbrt(age / mean) - 1 + ninth) / Math.sqrt(ninth));
    }
    if (below < level * all) low = age;
    else high = age;
  }
  return high;
}
