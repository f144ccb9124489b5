import { quantile } from "./normal.ts";
import { BINS } from "./ranks.ts";

/** Where a reference lies and how wide it is. Spread 0: all its values are one. */
export interface Scale {
  readonly median: number;
  readonly spread: number;
}

/** Median and half the 16–84 % range; where that is 0 the interquartile range, then the standard deviation. */
export function scaleOf(sorted: Float64Array): Scale {
  const median = quantile(sorted, 0.5);
  if (sorted[0] === sorted[sorted.length - 1]) return { median, spread: 0 };
  const spread =
    (quantile(sorted, 0.84) - quantile(sorted, 0.16)) / 2 ||
    quantile(sorted, 0.75) - quantile(sorted, 0.25) ||
    momentsOf(sorted).sd ||
    1;
  return { median, spread };
}

export interface Moments {
  readonly mean: number;
  readonly sd: number;
}

export function momentsOf(values: ArrayLike<number>): Moments {
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - mean;
    mean += d / (i + 1);
    squares += d * (values[i]! - mean);
  }
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** The line bent into 256 bins, fine at the median and open at the ends; fixed before the stream. */
export function binOf(x: number, median: number, spread: number): number {
  const bin = Math.floor(BINS * (0.5 + Math.atan((x - median) / spread) / Math.PI));
  return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

/** The value in a bin's middle (or at a share of it). */
export function valueAt(bin: number, median: number, spread: number, share = 0.5): number {
  return median + spread * Math.tan(Math.PI * ((bin + share) / BINS - 0.5));
}
