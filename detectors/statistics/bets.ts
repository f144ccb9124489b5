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

/** Shifts share .6, spreads .4; alike within a family. */
export const WEIGHTS = Float64Array.from({ length: BETS }, (_, b) =>
  b < WIDER ? 0.6 / (2 * SHIFTS.length) : 0.4 / SPREADS.length,
);

const C = SHIFTS.map((d) => Math.exp((-d * d) / 2)) as [number, number, number, number, number, number];
const HALF = Float64Array.from(SPREADS, (q) => (1 - 1 / (q * q)) / 2);

/** Writes the bets on z to `out`. */
export function bet(z: number, out: Float64Array): void {
  const up = Math.exp(0.05 * z);
  powers(up, out, UP);
  powers(1 / up, out, DOWN);
  const square = z * z;
  for (let i = 0; i < HALF.length; i++) out[WIDER + i] = Math.exp(square * HALF[i]!) / SPREADS[i]!;
}

/** exp(dz − d²/2) of the six shifts from exp(z/20): d = 2, 4, 7, 12, 20 and 32 twentieths. */
function powers(e: number, out: Float64Array, at: number): void {
  const e2 = e * e;
  const e4 = e2 * e2;
  const e12 = e4 * e4 * e4;
  const e20 = e12 * e4 * e4;
  out[at] = e2 * C[0];
  out[at + 1] = e4 * C[1];
  out[at + 2] = e4 * e2 * e * C[2];
  out[at + 3] = e12 * C[3];
  out[at + 4] = e20 * C[4];
  out[at + 5] = e20 * e12 * C[5];
}
