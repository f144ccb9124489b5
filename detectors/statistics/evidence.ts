import type { Onset } from "../../engine/signal.ts";

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
  return sumOf(v, weights, 0);
}

/** Share of the statistic that the bets [from, to) hold. */
export function shareOf(v: Evidence, weights: Float64Array, from: number, to: number): number {
  let part = 0;
  for (let b = from; b < to; b++) part += weights[b]! * v[b]!;
  const total = statisticOf(v, weights);
  return total > 0 ? part / total : 0;
}

/**
 * When the change began, seen from event `index`: ages are taken as gamma distributed with the posterior's mean and variance
 * (Wilson and Hilferty's quantiles). The interval is its 5–95 % range; the index lies between its median and its mean.
 */
export function onsetOf(v: Evidence, weights: Float64Array, index: number): Onset {
  const total = statisticOf(v, weights);
  if (!(total > 0)) return { index, low: index, high: index };
  const n = weights.length;
  const mean = sumOf(v, weights, n) / total;
  const variance = Math.max(0, sumOf(v, weights, 2 * n) / total - mean * mean);
  if (mean === 0) return { index, low: index, high: index };
  const ninth = variance / (9 * mean * mean);
  const age = (z: number): number => mean * Math.max(0, 1 - ninth + z * Math.sqrt(ninth)) ** 3;
  return {
    index: Math.round(index - age(0.15)),
    low: Math.floor(index - age(1.645)),
    high: Math.ceil(index - age(-1.645)),
  };
}

function sumOf(v: Evidence, weights: Float64Array, from: number): number {
  let total = 0;
  for (let b = 0; b < weights.length; b++) total += weights[b]! * v[from + b]!;
  return total;
}
