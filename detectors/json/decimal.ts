/** Where the number last read ended. */
export const decimal = { end: 0 };

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x65;
const LOWER = 0x20;
/** As many digits as a 32-bit integer holds; twice as many are enough for every double. */
const HALF = 9;
/** A whole number of so many digits is exact, and so its quotient by one of these powers is rounded once. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** The JSON number that begins at `start`, rounded as JSON.parse would; NaN: there is none. */
export function readDecimal(bytes: Uint8Array, start: number): number {
  let at = start;
  let byte = bytes[at]!;
  const negative = byte === MINUS;
  if (negative) byte = bytes[++at]!;
  const whole = at;
  // Significant digits: the first nine, those behind them, and how many there are of all.
  let high = 0;
  let low = 0;
  let count = 0;
  for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
    if (count < HALF) high = Math.imul(high, 10) + byte - ZERO;
    else low = low * 10 + byte - ZERO;
    if (count > 0 || byte > ZERO) count++;
  }
  decimal.end = at;
  if (at === whole || (at - whole > 1 && bytes[whole] === ZERO)) return Number.NaN;
  let scale = 0;
  if (byte === POINT) {
    const fraction = ++at;
    byte = bytes[at]!;
    if (count === 0) for (; byte === ZERO; byte = bytes[++at]!);
    const digits = at;
    for (const full = at + HALF - count; at < full && byte >= ZERO && byte <= NINE; byte = bytes[++at]!)
      high = Math.imul(high, 10) + byte - ZERO;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) low = low * 10 + byte - ZERO;
    count += at - digits;
    decimal.end = at;
    scale = at - fraction;
    if (scale === 0) return Number.NaN;
  }
  if ((byte | LOWER) === LETTER_E) return withExponent(bytes, start);
  if (count > 2 * HALF || scale >= POWERS.length) return textNumber(bytes, start);
  const first = count > HALF ? high * POWERS[count - HALF]! : high;
  const value = count > EXACT_DIGITS ? quotientOf(first, low, scale) : (first + low) / POWERS[scale]!;
  if (Number.isNaN(value)) return textNumber(bytes, start);
  return negative ? -value : value;
}

const SPLIT = 2 ** 27 + 1;
const POWERS_HIGH = POWERS.map((by) => SPLIT * by - (SPLIT * by - by));
const POWERS_LOW = POWERS.map((by, i) => by - POWERS_HIGH[i]!);
const INVERSE = POWERS.map((by) => 1 / by);
/** More than the corrections below can be wrong by, as a share of the last bit. */
const DOUBT = 1 + 2 ** -30;

/**
 * (first + low) / 10^scale, rounded as the decimal number is; NaN: too near the middle of two numbers for this. `first` is the
 * number of the leading nine digits, exact since 10^9 = 2^9·5^9; with `low` it is exactly the sum of two numbers, s + t.
 *   q ≈ s/10^scale, the remainder r of s exactly (Dekker 1971), value = q + (r + t)/10^scale
 */
function quotientOf(first: number, low: number, scale: number): number {
  const s = first + low;
  const t = low - (s - first);
  const q = s * INVERSE[scale]!;
  const product = q * POWERS[scale]!;
  const split = SPLIT * q;
  const qHigh = split - (split - q);
  const qLow = q - qHigh;
  const byHigh = POWERS_HIGH[scale]!;
  const byLow = POWERS_LOW[scale]!;
  const lost = qLow * byLow - (product - qHigh * byHigh - qLow * byHigh - qHigh * byLow);
  const rest = (s - product - lost + t) * INVERSE[scale]!;
  const value = q + rest;
  const left = rest - (value - q);
  return value + left * DOUBT === value ? value : Number.NaN;
}

function withExponent(bytes: Uint8Array, start: number): number {
  let at = decimal.end + 1;
  if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
  const exponent = at;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  decimal.end = at;
  return at === exponent ? Number.NaN : textNumber(bytes, start);
}

function textNumber(bytes: Uint8Array, start: number): number {
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, decimal.end - start).toString("latin1"));
}
