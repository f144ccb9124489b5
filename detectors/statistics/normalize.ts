import { toFloat } from "./cells.ts";
import { normalQuantile, normalShare, quantile } from "./normal.ts";
import { type Random, uniform } from "./random.ts";
import type { Scale } from "./scale.ts";

/**
 * A monotone map of values to normal scores: 33 knots at a reference's quantiles, straight between, tamed outside. It lives in
 * floats from place `at` on: knots (as distances from the median, in spreads), reach (score of the last knot; they are evenly
 * apart from its negative on), slopes below and above, and the reference's median score and spread of scores.
 */
export const NORMALIZER_FLOATS = 38;

const KNOTS = 33;
const LAST = KNOTS - 1;
const CLIP = 8;
const REACH = KNOTS;
const BELOW = KNOTS + 1;
const ABOVE = KNOTS + 2;
const MIDDLE = KNOTS + 3;
const WIDTH = KNOTS + 4;

export function writeNormalizer(v: Float32Array, at: number, sorted: Float64Array, { median, spread }: Scale): void {
  const n = sorted.length;
  const reach = n >= 1000 ? 2.4 : n >= 200 ? 2 : 1.5;
  for (let j = 0; j < KNOTS; j++)
    v[at + j] = toFloat((quantile(sorted, normalShare(scoreOf(reach, j))) - median) / spread);
  const slope = (from: number, to: number): number => {
    const width = v[at + to]! - v[at + from]!;
    return width > 0 ? (scoreOf(reach, to) - scoreOf(reach, from)) / width : Number.POSITIVE_INFINITY;
  };
  const middle = slope(12, 20);
  const tame = (s: number): number => (s < 3e38 ? s : 0);
  v[at + REACH] = reach;
  v[at + BELOW] = tame(Math.min(middle, slope(0, 3)));
  v[at + ABOVE] = tame(Math.min(middle, slope(KNOTS - 4, LAST)));
  v[at + MIDDLE] = 0;
  v[at + WIDTH] = 1;
}

/** Instead: scores are the values themselves, in spreads from the median. */
export function writeLinear(v: Float32Array, at: number): void {
  const reach = 2.4;
  for (let j = 0; j < KNOTS; j++) v[at + j] = scoreOf(reach, j);
  v[at + REACH] = reach;
  v[at + BELOW] = 1;
  v[at + ABOVE] = 1;
  v[at + MIDDLE] = 0;
  v[at + WIDTH] = 1;
}

/** The logarithm of how much the score grows with the value, here. */
export function logSlope(v: Float32Array, at: number, x: number, { median, spread }: Scale): number {
  const u = Math.fround((x - median) / spread);
  let slope = u < v[at]! ? v[at + BELOW]! : v[at + ABOVE]!;
  for (let j = 0; j < LAST; j++) {
    const width = v[at + j + 1]! - v[at + j]!;
    if (u < v[at + j]! || u > v[at + j + 1]! || width === 0) continue;
    slope = (2 * v[at + REACH]!) / LAST / width;
    break;
  }
  return Math.log(Math.max(1e-9, slope)) - Math.log(v[at + WIDTH]!);
}

/** Scores are taken relative to these from now on. */
export function standardize(v: Float32Array, at: number, { median, spread }: Scale): void {
  v[at + MIDDLE] = median;
  v[at + WIDTH] = spread;
}

/**
 * The score of a value, in spreads of the reference's scores from their median. A value that is many of the reference's gets
 * one of the scores that they would have if they differed a little: what is scored must not stand still.
 */
export function normalize(v: Float32Array, at: number, x: number, { median, spread }: Scale, random: Random): number {
  return (scoreAt(v, at, Math.fround((x - median) / spread), random) - v[at + MIDDLE]!) / v[at + WIDTH]!;
}

function scoreAt(v: Float32Array, at: number, x: number, random: Random): number {
  const reach = v[at + REACH]!;
  if (x < v[at]!) return Math.max(-CLIP, -reach + v[at + BELOW]! * (x - v[at]!));
  if (x > v[at + LAST]!) return Math.min(CLIP, reach + v[at + ABOVE]! * (x - v[at + LAST]!));
  let low = 0;
  let high = LAST;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if (v[at + mid]! <= x) low = mid;
    else high = mid - 1;
  }
  const here = v[at + low]!;
  if (here === x) {
    let from = low;
    while (from > 0 && v[at + from - 1] === x) from--;
    return from === low ? scoreOf(reach, low) : amid(scoreOf(reach, from), scoreOf(reach, low), random);
  }
  const from = scoreOf(reach, low);
  return from + ((scoreOf(reach, low + 1) - from) * (x - here)) / (v[at + low + 1]! - here);
}

/** A normal score drawn between two. */
function amid(from: number, to: number, random: Random): number {
  const below = normalShare(from);
  return normalQuantile(below + uniform(random) * (normalShare(to) - below));
}

/** The value that has a score as normalize() gives it. */
export function valueOfScore(v: Float32Array, at: number, score: number, place: Scale): number {
  return valueAtScore(v, at, score * v[at + WIDTH]! + v[at + MIDDLE]!, place);
}

/** The value at a share of the reference. */
export function valueAtShare(v: Float32Array, at: number, share: number, place: Scale): number {
  return valueAtScore(v, at, normalQuantile(share), place);
}

function valueAtScore(v: Float32Array, at: number, z: number, { median, spread }: Scale): number {
  const reach = v[at + REACH]!;
  const beyond = (knot: number, slope: number, by: number): number => knot + (slope > 0 ? by / slope : 0);
  let x: number;
  if (z <= -reach) x = beyond(v[at]!, v[at + BELOW]!, z + reach);
  else if (z >= reach) x = beyond(v[at + LAST]!, v[at + ABOVE]!, z - reach);
  else {
    const place = ((z + reach) / (2 * reach)) * LAST;
    const low = Math.floor(place);
    x = v[at + low]! + (place - low) * (v[at + low + 1]! - v[at + low]!);
  }
  return median + spread * x;
}

function scoreOf(reach: number, knot: number): number {
  return -reach + (2 * reach * knot) / LAST;
}
