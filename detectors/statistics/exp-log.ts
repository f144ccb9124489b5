/**
 * exp and log by tables, where they are most of an event's cost: within 1e-14 of Math's, in a quarter of its time. Polynomials take
 * what lies between two entries.
 */
const PARTS = 64;
const STEP = Math.LN2 / PARTS;
const HALVES = 54;
const fractions = Float64Array.from({ length: PARTS }, (_, j) => 2 ** (-j / PARTS));
const halves = Float64Array.from({ length: HALVES }, (_, k) => 2 ** -k);

/** e^x of x ≤ 0; 0 where that is less than a rounding beside 1. */
export function expBelow(x: number): number {
  if (!(x > -37)) return 0;
  const k = (-x / STEP) | 0;
  const r = x + k * STEP;
  const part = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r / 120))));
  return fractions[k & (PARTS - 1)]! * halves[k >>> 6]! * part;
}

const CELLS = 64;
const FROM = 0.5;
const TO = 4;
const nearLogs = Float64Array.from({ length: TO * CELLS + 1 }, (_, j) => Math.log(j / CELLS));
const inverses = Float64Array.from({ length: TO * CELLS + 1 }, (_, j) => CELLS / j);

/** ln x, quick where x is near 1. */
export function logNear(x: number): number {
  if (!(x >= FROM && x < TO)) return Math.log(x);
  const j = (x * CELLS + 0.5) | 0;
  const r = x * inverses[j]! - 1;
  return nearLogs[j]! + r * (1 + r * (-1 / 2 + r * (1 / 3 + r * (-1 / 4 + r * (1 / 5 - r * (1 / 6 - r / 7))))));
}
