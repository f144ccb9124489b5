import { BETS } from "./bets.ts";
import type { Scale } from "./scale.ts";

// A reference of one value says nothing of how others spread; what counts is how often another comes.
const ODDS = [5, 25, 125, 625] as const;

/** How recent events of a constant reference are remembered, as bins. */
export const SAME = 128;
export const OTHER = 255;

export const OTHER_WEIGHTS = Float64Array.from({ length: BETS }, (_, b) => (b < ODDS.length ? 1 / ODDS.length : 0));

export interface Constant {
  readonly scale: Scale;
  readonly total: number;
  readonly others: number;
}

export function isOther({ scale }: Constant, x: number): boolean {
  return x !== scale.median;
}

/** Bets that another value than the reference's comes o times as often (in odds) as so far. */
export function betOther({ total, others }: Constant, other: boolean, out: Float64Array): void {
  const rate = (others + 1) / (total + 1);
  for (let b = 0; b < ODDS.length; b++) out[b] = (other ? ODDS[b]! : 1) / (1 - rate + ODDS[b]! * rate);
  out.fill(0, ODDS.length);
}
