import { byteAt, setByte, toFloat } from "./cells.ts";
import { BINS, type Ranks } from "./ranks.ts";
import { type Scale, valueAt } from "./scale.ts";

/** Values of the newest events that are remembered exactly; older ones only as bins. An event's place is its index; lengths are powers of 2. */
export const EXACT = 8;

/** Writes the value of event `index` among the newest, relative to where values lie. */
export function rememberExact(floats: Float32Array, at: number, index: number, x: number, place: Scale): void {
  floats[at + (index & (EXACT - 1))] = toFloat((x - place.median) / (place.spread || 1));
}

export function exactAt(floats: Float32Array, at: number, index: number, place: Scale): number {
  return place.median + (place.spread || 1) * floats[at + (index & (EXACT - 1))]!;
}

/** A ring of the newest events' bins, `length` of them from byte `at` on. */
export interface Ring {
  readonly at: number;
  readonly length: number;
}

export function binAt(words: Uint32Array, { at, length }: Ring, index: number): number {
  return byteAt(words, at + (index & (length - 1)));
}

export function rememberBin(words: Uint32Array, { at, length }: Ring, index: number, bin: number): void {
  setByte(words, at + (index & (length - 1)), bin);
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
