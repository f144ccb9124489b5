/**
 * exp and ln by tables, several times as fast as the runtime's and within 4 units of the last place of it: for thousands of
 * log-probabilities an event. exp(x) = 2^m · T_j · e^r with x = (64m + j)·ln2/64 + r, |r| ≤ ln2/128; ln(2^m·c) = m·ln2 + ln(c_j)
 * + ln(1 + r) with c = c_j·(1 + r), |r| ≤ 1/256. (Tang 1989, 1990.)
 */
const STEPS = 64;
const PER_STEP = STEPS / Math.LN2;
/** ln2/64 in two parts: the first has bits to spare, so that its product with a step is exact. */
const STEP_HIGH = 0.01083042469326756;
const STEP_LOW = 2.9815858269852933e-12;
const LEAST = -700;
const ROOTS = Float64Array.from({ length: STEPS }, (_, j) => 2 ** (j / STEPS));
const OFFSET = 1022;
const POWERS = Float64Array.from({ length: OFFSET + 1 }, (_, m) => 2 ** (m - OFFSET));

/** e^x for x ≤ 0; below −700 the runtime's. */
export function quickExp(x: number): number {
  if (!(x >= LEAST && x <= 0)) return Math.exp(x);
  const step = Math.round(x * PER_STEP);
  const r = x - step * STEP_HIGH - step * STEP_LOW;
  const p = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r / 120)));
  const root = ROOTS[step & (STEPS - 1)]!;
  return POWERS[OFFSET + (step >> 6)]! * (root + root * p);
}

const PIECES = 128;
const CENTRES = Float64Array.from({ length: PIECES }, (_, j) => 1 + (j + 0.5) / PIECES);
const INVERSES = CENTRES.map((c) => 1 / c);
const LOGS = INVERSES.map((inverse) => -Math.log(inverse));
const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);
const LOW_FIRST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH = LOW_FIRST ? 1 : 0;

/** ln x for normal numbers x > 0 well away from 1 (near it the error is absolute, 1e-16); else the runtime's. */
export function quickLog(x: number): number {
  if (!(x >= 1e-300 && x <= 1e300)) return Math.log(x);
  bits[0] = x;
  const high = words[HIGH]!;
  words[HIGH] = (high & 0xfffff) | 0x3ff00000;
  const at = (high >>> 13) & (PIECES - 1);
  const r = (bits[0]! - CENTRES[at]!) * INVERSES[at]!;
  const p = r - r * r * (0.5 - r * (1 / 3 - r * (0.25 - r * (0.2 - r / 6))));
  return ((high >>> 20) - 1023) * Math.LN2 + (LOGS[at]! + p);
}
