import { type Random, uniform } from "./random.ts";

/** The smallest distance of few-valued data (that is more than rounding), else 0. */
export function gapOf(values: Float64Array): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  if (distinct.length >= values.length / 5 || distinct.length < 2) return 0;
  const noise = 1e-9 * (distinct.at(-1)! - distinct[0]!);
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < distinct.length; i++) {
    const by = distinct[i]! - distinct[i - 1]!;
    if (by > noise) gap = Math.min(gap, by);
  }
  return gap;
}

/** Spread evenly over the gap. */
export function dither(x: number, gap: number, random: Random): number {
  return x + gap * (uniform(random) - 0.5);
}
