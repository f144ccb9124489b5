import { periodograms } from "./periodogram.ts";

/** What a reference shows beside what the model takes out. */
export const SEASON = 1;
/** Values go one way all along. */
export const TREND = 2;
/** Levels or seasons that last longer than the lags see. */
export const DWELLS = 4;
/** Sizes of residuals come in waves. */
export const WAVES = 8;

export interface Hidden {
  /** Sum of the above. */
  readonly hints: number;
  /** Events of the season, else 0. */
  readonly period: number;
}

/**
 * Looks at the scores y of a reference and at what its model leaves. A season is a line in the periodogram of y far above its
 * neighbours that the model has not taken out; what a sound model leaves has a flat periodogram, no slope, and even sizes.
 */
export function hiddenIn(y: Float64Array, left: Float64Array): Hidden {
  const n = left.length;
  const scores = tapered(y.subarray(y.length - n));
  const rest = tapered(left);
  const { a, b, length } = periodograms(scores, rest);
  const flat = b.subarray(1).reduce((sum, p) => sum + p, 0) / (b.length - 1);
  // In the transform's steps one cycle over the reference is so many.
  const cycle = length / n;
  const period = lineIn(a, b, flat, cycle, length);
  let hints = period > 0 ? SEASON : 0;
  if (Math.abs(slopeOf(left)) > 4) hints |= TREND;
  if (period === 0 && (lowIn(b, flat, cycle, 10) || lowIn(b, flat, cycle, n / 40))) hints |= DWELLS;
  if (wavesIn(left)) hints |= WAVES;
  return { hints, period };
}

/** Hann's taper, mean taken off: a strong line stays where it is. */
function tapered(x: Float64Array): Float64Array {
  const n = x.length;
  const mean = x.reduce((sum, v) => sum + v, 0) / n;
  return x.map((v, t) => (v - mean) * (1 - Math.cos((2 * Math.PI * (t + 0.5)) / n)));
}

/** The period in events of the strongest line, else 0. */
function lineIn(a: Float64Array, b: Float64Array, flat: number, cycle: number, length: number): number {
  let best = 0;
  let strength = 0;
  const from = Math.ceil(2.5 * cycle);
  for (let k = from; k < a.length; k++) {
    if (b[k]! < 4 * flat || a[k]! <= strength) continue;
    const around: number[] = [];
    for (let c = 3; c <= 10; c++) {
      for (const to of [Math.round(k - c * cycle), Math.round(k + c * cycle)])
        if (to >= 1 && to < a.length) around.push(a[to]!);
    }
    around.sort((p, q) => p - q);
    const background = around[around.length >> 1]! / Math.LN2;
    if (a[k]! < (b[k]! < 13 * flat ? 60 : 20) * background) continue;
    best = length / k;
    strength = a[k]!;
  }
  return best;
}

/** Whether the slowest `cycles` cycles hold more than a flat periodogram has. */
function lowIn(b: Float64Array, flat: number, cycle: number, cycles: number): boolean {
  const to = Math.min(b.length - 1, Math.floor(cycles * cycle));
  let sum = 0;
  let count = 0;
  for (let k = Math.ceil(cycle); k <= to; k++, count++) sum += b[k]!;
  // Tapered neighbours are alike: one in two cycles is its own.
  return count > 0 && sum / count / flat > 1 + 3.8 / Math.sqrt((count / cycle) * 0.5);
}

/** Student's t of the slope. */
function slopeOf(e: Float64Array): number {
  const n = e.length;
  const middle = (n - 1) / 2;
  let cross = 0;
  let squares = 0;
  for (let t = 0; t < n; t++) {
    cross += (t - middle) * e[t]!;
    squares += e[t]! ** 2;
  }
  const width = (n * (n * n - 1)) / 12;
  const slope = cross / width;
  return slope / Math.sqrt(Math.max(1e-300, squares / n / width));
}

/** Whether large residuals follow large ones: the sizes' autocorrelations, which are 0 ± 1/√n each. */
function wavesIn(left: Float64Array): boolean {
  const n = left.length;
  const sizes = left.map(Math.abs);
  const mean = sizes.reduce((sum, v) => sum + v, 0) / n;
  let variance = 0;
  for (const s of sizes) variance += (s - mean) ** 2;
  let sum = 0;
  const lags = 10;
  for (let lag = 1; lag <= lags; lag++) {
    let cross = 0;
    for (let t = lag; t < n; t++) cross += (sizes[t]! - mean) * (sizes[t - lag]! - mean);
    sum += cross / variance;
  }
  return sum > (3 * Math.sqrt(lags)) / Math.sqrt(n);
}
