import type { Onset } from "../../engine/signal.ts";

/**
 * Shiryaev–Roberts sums over bets: R_b ← (R_b + s)·e_b is the sum over every possible beginning k of Π e_b since k. With bets
 * of mean 1 the weighted sum of the R_b reaches A after A events or more on average: A is the promise.
 * Beside each R_b stands the sum of the beginnings' ages: how far back they lie on average, however long ago that is.
 * Sums first, then ages.
 */
export type Evidence = Float64Array;

/** Length of the evidence of so many bets. */
export function evidenceLength(bets: number): number {
  return 2 * bets;
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
    v[n + b] = (v[n + b]! + g) * by;
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

/** Mean age of the beginnings, 0 where there is no evidence. */
export function meanAge(v: Evidence, weights: Float64Array): number {
  const total = statisticOf(v, weights);
  let ages = 0;
  const n = weights.length;
  for (let b = 0; b < n; b++) ages += weights[b]! * v[n + b]!;
  return total > 0 ? ages / total : 0;
}

/**
 * When the change began, seen from event `index`: the beginnings weighted by their products are a posterior, of which this is
 * the median and the 5–95 % range. `remembered(age, e)` writes the bets on the event `age` back, or says false when it is
 * forgotten; beyond that (unless that is `all`) the posterior falls off exponentially with the mean that the ages tell.
 */
export function onsetOf(
  v: Evidence,
  weights: Float64Array,
  index: number,
  all: boolean,
  remembered: (age: number, e: Float64Array) => boolean,
): Onset {
  const n = weights.length;
  const products = weights.slice();
  const e = new Float64Array(n);
  const mass: number[] = [];
  let near = 0;
  let nearAges = 0;
  while (remembered(mass.length, e)) {
    let g = 0;
    for (let b = 0; b < n; b++) {
      products[b] = products[b]! * e[b]!;
      g += products[b]!;
    }
    near += g;
    nearAges += g * mass.length;
    mass.push(g);
  }
  if (!(near > 0)) return { index, low: index, high: index };
  // What is forgotten counts as if it lay twice as far back as memory reaches: then the mean age tells its share.
  const reach = mass.length;
  const nearMean = nearAges / near;
  const mean = meanAge(v, weights);
  const share = all ? 0 : Math.min(0.999, Math.max(0, (mean - nearMean) / (2 * reach - nearMean)));
  const tail = Math.max(reach, mean - reach);
  const at = (level: number): number => {
    let below = 0;
    for (let age = 0; age < reach; age++) {
      below += ((1 - share) * mass[age]!) / near;
      if (below >= level) return index - age;
    }
    return Math.max(0, Math.round(index - reach - tail * Math.log(share / (1 - level))));
  };
  return { index: at(0.5), low: at(0.95), high: at(0.05) };
}
