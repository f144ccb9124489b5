/**
 * Bets on a standard normal score z: each has mean 1 while nothing changed and grows when its change came.
 * Shift d in ±{.1,.2,.35,.6,1,1.6}: exp(dz − d²/2). Spread q: exp(z²/2·(1 − 1/q²))/q.
 */
export const SHIFTS = [0.1, 0.2, 0.35, 0.6, 1, 1.6] as const;
export const SPREADS = [1.2, 1.5, 2, 3, 0.8, 0.6, 0.4] as const;

export const UP = 0;
export const DOWN = SHIFTS.length;
export const WIDER = 2 * SHIFTS.length;
export const NARROWER = WIDER + 4;
export const BETS = WIDER + SPREADS.length;

/** Three families share .64 (shifts to .6), .12 (larger ones) and .24 (spreads); alike within each. Small shifts are the hard ones. */
export const WEIGHTS = Float64Array.from({ length: BETS }, (_, b) => {
  if (b >= WIDER) return 0.24 / SPREADS.length;
  return SHIFTS[b % SHIFTS.length]! <= 0.6 ? 0.64 / 8 : 0.12 / 4;
});

/**
 * What the age of a change is times where it grew instead of coming at once: at an alarm the bet that fits best holds two thirds of
 * the age of a level that grows evenly, as it gains only from half its shift on; of a spread less, as those lie further apart.
 */
export const GROWING = Float64Array.from({ length: BETS }, (_, b) => (b < WIDER ? 1.5 : b < NARROWER ? 1.75 : 2.5));

/** exp(−d²/2) of the shifts and 1/q of the spreads, to the power 1/V of the V before. */
const factors = new Float64Array(SHIFTS.length + SPREADS.length);
let factorsOf = 0;
const LN3 = Math.log(3);
const LN5 = Math.log(5);

/** Writes the bets on z to `out`, each to the power 1/temper. */
export function bet(z: number, out: Float64Array, temper = 1): void {
  if (temper !== factorsOf) prepare(temper);
  const up = Math.exp((0.05 * z) / temper);
  powers(up, out, UP);
  powers(1 / up, out, DOWN);
  spreads((z * z) / temper, out);
}

/** From four exponentials: many keys in turn have a V each. In 800ths the shifts' d²/2 are 4, 16, 49, 144, 400 and 1024. */
function prepare(temper: number): void {
  const e1 = Math.exp(-1 / (800 * temper));
  const e4 = (e1 * e1) ** 2;
  const e16 = (e4 * e4) ** 2;
  const e48 = e16 * e16 * e16;
  const e144 = e48 * e48 * e48;
  const e400 = e144 * e144 * e48 * e48 * e16;
  factors[0] = e4;
  factors[1] = e16;
  factors[2] = e48 * e1;
  factors[3] = e144;
  factors[4] = e400;
  factors[5] = e400 * e400 * e144 * e48 * e16 * e16;
  // 1/q of q = 6/5, 3/2, 2, 3, 4/5, 3/5 and 2/5.
  const half = Math.exp(-Math.LN2 / temper);
  const third = Math.exp(-LN3 / temper);
  const fifth = Math.exp(-LN5 / temper);
  factors[6] = (half * third) / fifth;
  factors[7] = third / half;
  factors[8] = half;
  factors[9] = third;
  factors[10] = (half * half) / fifth;
  factors[11] = third / fifth;
  factors[12] = half / fifth;
  factorsOf = temper;
}

/** exp(dz − d²/2) of the six shifts from exp(z/20): d = 2, 4, 7, 12, 20 and 32 twentieths. */
function powers(e: number, out: Float64Array, at: number): void {
  const e2 = e * e;
  const e4 = e2 * e2;
  const e12 = e4 * e4 * e4;
  const e20 = e12 * e4 * e4;
  out[at] = e2 * factors[0]!;
  out[at + 1] = e4 * factors[1]!;
  out[at + 2] = e4 * e2 * e * factors[2]!;
  out[at + 3] = e12 * factors[3]!;
  out[at + 4] = e20 * factors[4]!;
  out[at + 5] = e20 * e12 * factors[5]!;
}

/** exp(z²/2·(1 − 1/q²))/q: in 36ths of z²/2 the seven factors are 11, 20, 27, 32, −20¼, −64 and −189. */
function spreads(square: number, out: Float64Array): void {
  const quarter = Math.exp(square / 288);
  const half = quarter * quarter;
  const e1 = half * half;
  const e2 = e1 * e1;
  const e4 = e2 * e2;
  const e8 = e4 * e4;
  const e16 = e8 * e8;
  const e32 = e16 * e16;
  const e64 = e32 * e32;
  const e11 = e8 * e2 * e1;
  const e20 = e16 * e4;
  out[WIDER] = e11 * factors[6]!;
  out[WIDER + 1] = e20 * factors[7]!;
  out[WIDER + 2] = e16 * e11 * factors[8]!;
  out[WIDER + 3] = e32 * factors[9]!;
  out[WIDER + 4] = factors[10]! / (e20 * quarter);
  out[WIDER + 5] = factors[11]! / e64;
  out[WIDER + 6] = factors[12]! / (e64 * e64 * e32 * e16 * e8 * e4 * e1);
}
