import { BINS, type Ranks } from "./ranks.ts";
import { type Scale, valueAt } from "./scale.ts";

/** The newest events of a key: bins of the last 256, values of the last 16. An event's place is its index. */
export interface Recent {
  readonly bins: Uint8Array;
  readonly values: Float64Array;
}

export const RECENT = 256;
export const EXACT = 16;

export function remember(r: Recent, index: number, bin: number, x: number): void {
  r.bins[index % RECENT] = bin;
  r.values[index % EXACT] = x;
}

/**
 * The values of the events [from, to], oldest first: exact where few, else from their bins (a change that took long to see
 * is small, and there the bins are fine).
 */
export function valuesSince({ bins, values }: Recent, from: number, to: number, scale: Scale): Float64Array {
  const n = to - from + 1;
  if (n <= EXACT || scale.spread === 0) {
    const first = Math.max(from, to - EXACT + 1);
    return Float64Array.from({ length: to - first + 1 }, (_, i) => values[(first + i) % EXACT]!);
  }
  const first = Math.max(from, to - bins.length + 1);
  return Float64Array.from({ length: to - first + 1 }, (_, i) => {
    const index = first + i;
    return to - index < EXACT
      ? values[index % EXACT]!
      : valueAt(bins[index % bins.length]!, scale.median, scale.spread);
  });
}

/** Quantiles of counted bins, linear inside a bin; the open ends count as their inner half. */
export function quantilesOf(ranks: Ranks, levels: readonly number[], scale: Scale): number[] {
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) total += ranks[bin]!;
  return levels.map((level) => {
    const wanted = level * total;
    let below = 0;
    let bin = 0;
    while (bin < BINS - 1 && below + ranks[bin]! < wanted) below += ranks[bin++]!;
    const share = ranks[bin]! > 0 ? (wanted - below) / ranks[bin]! : 0.5;
    const inside = bin === 0 ? 0.5 + share / 2 : bin === BINS - 1 ? share / 2 : share;
    return valueAt(bin, scale.median, scale.spread, inside);
  });
}
