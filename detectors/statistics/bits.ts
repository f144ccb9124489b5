import { BETS } from "./bets.ts";

/** Counts of zeros and ones by the bit before: runs of errors are no change when there were such runs before. */
export interface Bits {
  /** Bits after a 0, and ones among them. */
  n0: number;
  s0: number;
  /** The same after a 1. */
  n1: number;
  s1: number;
  last: 0 | 1;
  /** Log odds that the bit before matters. */
  lean: number;
}

/** A rate after a bit starts from the rate alone, with the weight of so many events. */
const PRIOR = 2;

export const MORE_ODDS = [1.25, 1.5, 2, 3, 5] as const;
const LESS_ODDS = [0.8, 2 / 3, 0.5, 1 / 3, 0.2] as const;
const ODDS = Float64Array.of(...MORE_ODDS, ...LESS_ODDS);
/** Rises of an error rate matter more. */
export const BIT_WEIGHTS = Float64Array.from({ length: BETS }, (_, b) =>
  b < MORE_ODDS.length ? 0.8 / MORE_ODDS.length : b < ODDS.length ? 0.2 / LESS_ODDS.length : 0,
);

/** Counts of a sequence, or null where it is not of zeros and ones, both. */
export function bitsOf(values: Float64Array): Bits | null {
  if (!values.every((x) => x === 0 || x === 1) || !values.includes(0) || !values.includes(1)) return null;
  const bits: Bits = { n0: 0, s0: 0, n1: 0, s1: 0, last: bitOf(values[0]!), lean: 0 };
  for (let i = 1; i < values.length; i++) {
    const bit = bitOf(values[i]!);
    learnBit(bits, codeOf(bits, bit));
    bits.last = bit;
  }
  return bits;
}

export function bitOf(x: number): 0 | 1 {
  return x > 0.5 ? 1 : 0;
}

/** A bit with the one before it, as one number. */
export function codeOf(bits: Bits, bit: 0 | 1): number {
  return 2 * bits.last + bit;
}

/** Counts a bit and whether knowing the one before would have told it better. */
export function learnBit(bits: Bits, code: number): void {
  const alone = rateAlone(bits);
  const after = rateAfter(bits, code);
  const told = (code & 1) === 1 ? after / alone : (1 - after) / (1 - alone);
  bits.lean = Math.min(20, Math.max(-5, bits.lean + Math.log(told)));
  countBit(bits, code, 1);
}

export function countBit(bits: Bits, code: number, by: number): void {
  if (code >= 2) {
    bits.n1 = Math.max(0, bits.n1 + by);
    if (code === 3) bits.s1 = Math.max(0, bits.s1 + by);
  } else {
    bits.n0 = Math.max(0, bits.n0 + by);
    if (code === 1) bits.s0 = Math.max(0, bits.s0 + by);
  }
}

export function halveBits(bits: Bits): void {
  bits.n0 /= 2;
  bits.s0 /= 2;
  bits.n1 /= 2;
  bits.s1 /= 2;
}

/** Bets that a 1 has o times the odds that it had after such a bit. */
export function betBit(bits: Bits, code: number, out: Float64Array): void {
  const alone = rateAlone(bits);
  const rate = alone + (rateAfter(bits, code) - alone) / (1 + Math.exp(-bits.lean));
  const one = (code & 1) === 1;
  for (let b = 0; b < ODDS.length; b++) {
    const odds = ODDS[b]!;
    out[b] = (one ? odds : 1) / (1 - rate + odds * rate);
  }
  out.fill(0, ODDS.length);
}

function rateAlone({ n0, s0, n1, s1 }: Bits): number {
  return (s0 + s1 + 0.5) / (n0 + n1 + 1);
}

function rateAfter(bits: Bits, code: number): number {
  const { n0, s0, n1, s1 } = bits;
  const alone = rateAlone(bits);
  return code >= 2 ? (s1 + PRIOR * alone) / (n1 + PRIOR) : (s0 + PRIOR * alone) / (n0 + PRIOR);
}
