import { type Random, uniform } from "./random.ts";

/**
 * Counts of 256 bins with prefix sums, in 0.5 KiB: the counts, then sums of 16 bins each. Where a Fenwick tree would take
 * 2 KiB this adds at most 30 small numbers; the total stays below 65,536 (halve it in time).
 */
export type Ranks = Uint16Array;

export const BINS = 256;
const BLOCK = 16;
export const RANKS_LENGTH = BINS + BINS / BLOCK;

export function count(ranks: Ranks, bin: number, by = 1): void {
  ranks[bin] = ranks[bin]! + by;
  const block = BINS + (bin >>> 4);
  ranks[block] = ranks[block]! + by;
}

/** Counts in bins below `bin`. */
export function countBelow(ranks: Ranks, bin: number): number {
  const block = bin >>> 4;
  let sum = 0;
  for (let i = BINS; i < BINS + block; i++) sum += ranks[i]!;
  for (let i = block * BLOCK; i < bin; i++) sum += ranks[i]!;
  return sum;
}

export function totalOf(ranks: Ranks): number {
  let sum = 0;
  for (let i = BINS; i < RANKS_LENGTH; i++) sum += ranks[i]!;
  return sum;
}

/** Halves every count, odd ones by coin; returns the new total. */
export function halveRanks(ranks: Ranks, random: Random): number {
  ranks.fill(0, BINS);
  let total = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const c = ranks[bin]!;
    const half = c % 2 === 1 && uniform(random) < 0.5 ? (c + 1) >>> 1 : c >>> 1;
    ranks[bin] = 0;
    count(ranks, bin, half);
    total += half;
  }
  return total;
}

/** Whether all counts are in one bin. */
export function isSingle(ranks: Ranks): boolean {
  let filled = 0;
  for (let bin = 0; bin < BINS && filled < 2; bin++) if (ranks[bin]! > 0) filled++;
  return filled < 2;
}
