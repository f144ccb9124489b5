import { type Random, uniform } from "../statistics/random.ts";
import { FAST_DECAY, SLOW_DECAY } from "./co-occurrence.ts";
import { SUPPORT } from "./displacement.ts";

/**
 * What the displacement does while nothing changes: label sets of a sample, drawn with replacement, run through N and R that
 * start at the sample's means. One replica gives the maxima of log s over blocks of 500 events; a Gumbel law through all of
 * them tells the level that is passed once in so many events.
 */
export interface Sample {
  /** Label sets one after the other, as numbers of the labels watched. */
  readonly labels: Uint16Array;
  /** Where each begins; one more at the end. */
  readonly starts: Uint32Array;
  readonly watched: number;
}

export const REPLICAS = 30;
/** Of halves of the sample: as much as s is less for them than for all of it, it is less for that than for the law itself. */
export const HALVES = 10;
/** Not looked at: until R has forgotten that it began without noise. */
const DROPPED = 3500;
const STEPS = DROPPED + 1000;
export const BLOCK = 500;
/** Events between two looks at s. */
export const LOOK_EVERY = 10;

export interface Replica {
  /** Greatest log s of each block. */
  readonly maxima: readonly number[];
  /** Mean log s. */
  readonly level: number;
}

export function halfOf({ labels, starts, watched }: Sample, half: 0 | 1): Sample {
  const middle = starts.length >> 1;
  return { labels, starts: half === 0 ? starts.subarray(0, middle) : starts.subarray(middle - 1), watched };
}

export function replay({ labels, starts, watched }: Sample, random: Random): Replica {
  const pairs = (watched * (watched - 1)) / 2;
  const fast = new Float64Array(watched);
  const slow = new Float64Array(watched);
  const fastPair = new Float64Array(pairs);
  const slowPair = new Float64Array(pairs);
  const sets = starts.length - 1;
  let toFast = 1;
  let toSlow = 1;
  const add = (set: number): void => {
    for (let k = starts[set]!; k < starts[set + 1]!; k++) {
      const i = labels[k]!;
      fast[i] = fast[i]! + toFast;
      slow[i] = slow[i]! + toSlow;
      const row = (i * (i - 1)) / 2;
      for (let l = starts[set]!; l < k; l++) {
        // Numbers of a set ascend.
        const at = row + labels[l]!;
        fastPair[at] = fastPair[at]! + toFast;
        slowPair[at] = slowPair[at]! + toSlow;
      }
    }
  };
  toFast = 1 / (sets * (1 - FAST_DECAY));
  toSlow = 1 / (sets * (1 - SLOW_DECAY));
  for (let set = 0; set < sets; set++) add(set);
  toFast = 1;
  toSlow = 1;
  const maxima: number[] = [];
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let looks = 0;
  for (let t = 1; t <= STEPS; t++) {
    toFast /= FAST_DECAY;
    toSlow /= SLOW_DECAY;
    add(Math.floor(uniform(random) * sets));
    if (t <= DROPPED || t % LOOK_EVERY !== 0) continue;
    const log = Math.log(Math.max(1e-12, displacementOf(fast, slow, fastPair, slowPair, watched, toSlow)));
    most = Math.max(most, log);
    sum += log;
    looks++;
    if ((t - DROPPED) % BLOCK !== 0) continue;
    maxima.push(most);
    most = Number.NEGATIVE_INFINITY;
  }
  return { maxima, level: sum / looks };
}

/** As co-occurrence.ts has it, over all pairs at once. `scale`: the slow memory is in units of it. */
function displacementOf(
  fast: Float64Array,
  slow: Float64Array,
  fastPair: Float64Array,
  slowPair: Float64Array,
  watched: number,
  scale: number,
): number {
  const support = SUPPORT * scale;
  let sum = 0;
  let weight = 0;
  let squares = 0;
  let at = 0;
  for (let j = 0; j < watched; j++) {
    const fj = fast[j]!;
    const sj = slow[j]!;
    const wj = Math.min(1, sj / support);
    let row = 0;
    for (let i = 0; i < j; i++, at++) {
      const n = fastPair[at]!;
      const r = slowPair[at]!;
      const si = slow[i]!;
      if (r === 0) continue;
      const moved = Math.abs(n / (fast[i]! + fj - n) - r / (si + sj - r));
      row += si < support ? (moved * si) / support : moved;
    }
    sum += wj * row;
    weight += wj;
    squares += wj * wj;
  }
  const total = (weight * weight - squares) / 2;
  return total > 1e-12 ? sum / total : 0;
}

/** The level of s that is passed once in `events` events, from maxima of log s over blocks; Gumbel by moments. */
export function levelPassedOnceIn(maxima: readonly number[], events: number): number {
  const mean = maxima.reduce((a, b) => a + b, 0) / maxima.length;
  const variance = maxima.reduce((a, b) => a + (b - mean) ** 2, 0) / (maxima.length - 1);
  const beta = (Math.sqrt(variance) * Math.sqrt(6)) / Math.PI;
  const mu = mean - EULER * beta;
  return Math.exp(mu - beta * Math.log(-Math.log1p(-Math.min(0.5, BLOCK / events))));
}

const EULER = 0.5772156649015329;
