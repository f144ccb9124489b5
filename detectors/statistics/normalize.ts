import { normalQuantile, quantile } from "./normal.ts";

/** A monotone map of values to normal scores, by 33 knots at a reference's quantiles; straight between, tamed outside. */
export interface Normalizer {
  readonly knots: Float64Array;
  /** Score of the last knot; they are evenly apart from its negative on. */
  readonly reach: number;
  /** Slopes beyond the first and last knot. */
  readonly below: number;
  readonly above: number;
}

const KNOTS = 33;
const CLIP = 8;

export function normalizerOf(sorted: Float64Array): Normalizer {
  const n = sorted.length;
  const reach = n >= 1000 ? 2.4 : n >= 200 ? 2 : 1.5;
  const knots = Float64Array.from({ length: KNOTS }, (_, j) => quantile(sorted, normalShare(scoreOf(reach, j))));
  const slope = (from: number, to: number): number => {
    const width = knots[to]! - knots[from]!;
    return width > 0 ? (scoreOf(reach, to) - scoreOf(reach, from)) / width : Number.POSITIVE_INFINITY;
  };
  const middle = slope(12, 20);
  const tame = (s: number): number => (Number.isFinite(s) ? s : 0);
  return {
    knots,
    reach,
    below: tame(Math.min(middle, slope(0, 3))),
    above: tame(Math.min(middle, slope(KNOTS - 4, KNOTS - 1))),
  };
}

export function normalize({ knots, reach, below, above }: Normalizer, x: number): number {
  const last = KNOTS - 1;
  if (x < knots[0]!) return Math.max(-CLIP, -reach + below * (x - knots[0]!));
  if (x > knots[last]!) return Math.min(CLIP, reach + above * (x - knots[last]!));
  let low = 0;
  let high = last;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if (knots[mid]! <= x) low = mid;
    else high = mid - 1;
  }
  const from = merged(knots, reach, low);
  if (low === last || knots[low] === x) return from;
  const to = merged(knots, reach, low + 1);
  return from + ((to - from) * (x - knots[low]!)) / (knots[low + 1]! - knots[low]!);
}

/** The value at a share of the reference. */
export function valueAtShare({ knots, reach, below, above }: Normalizer, share: number): number {
  const z = normalQuantile(share);
  const last = KNOTS - 1;
  if (z <= -reach) return below > 0 ? knots[0]! + (z + reach) / below : knots[0]!;
  if (z >= reach) return above > 0 ? knots[last]! + (z - reach) / above : knots[last]!;
  const at = ((z + reach) / (2 * reach)) * last;
  const low = Math.floor(at);
  return knots[low]! + (at - low) * (knots[low + 1]! - knots[low]!);
}

function scoreOf(reach: number, knot: number): number {
  return -reach + (2 * reach * knot) / (KNOTS - 1);
}

/** Equal knots are one, with their mean score. */
function merged(knots: Float64Array, reach: number, at: number): number {
  let from = at;
  let to = at;
  while (from > 0 && knots[from - 1] === knots[at]) from--;
  while (to < KNOTS - 1 && knots[to + 1] === knots[at]) to++;
  return scoreOf(reach, (from + to) / 2);
}

/** Φ(z), absolute error below 1.5e-7 (Abramowitz and Stegun 7.1.26): only to place knots. */
function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const half = (1 - poly * Math.exp(-x * x)) / 2;
  return z < 0 ? 0.5 - half : 0.5 + half;
}
