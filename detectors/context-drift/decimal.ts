/** Where the number last read ended. */
export const decimal = { end: 0 };

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** A whole number of so many digits is exact, and so its quotient by one of these powers is rounded once. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** The JSON number that begins at `start`, rounded as JSON.parse would; NaN: there is none. */
export function readDecimal(bytes: Uint8Array, start: number): number {
  const negative = bytes[start] === MINUS;
  const whole = negative ? start + 1 : start;
  let at = whole;
  let digits = 0;
  let byte = bytes[at]!;
  for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) digits = digits * 10 + (byte - ZERO);
  let count = at - whole;
  decimal.end = at;
  if (count === 0 || (count > 1 && bytes[whole] === ZERO)) return Number.NaN;
  let scale = 0;
  if (byte === POINT) {
    const fraction = ++at;
    byte = bytes[at]!;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) digits = digits * 10 + (byte - ZERO);
    scale = at - fraction;
    if (scale === 0) return Number.NaN;
    count += scale;
  }
  decimal.end = at;
  if (byte === 0x65 || byte === 0x45) return withExponent(bytes, start);
  const value = count > EXACT_DIGITS ? longNumber(bytes, whole, scale) : digits / POWERS[scale]!;
  if (Number.isNaN(value)) return textNumber(bytes, start);
  return negative ? -value : value;
}

/** Of the digits from `from` to the end, `scale` of them behind the point; NaN where it takes more. */
function longNumber(bytes: Uint8Array, from: number, scale: number): number {
  let high = 0;
  let low = 0;
  let count = 0;
  for (let i = from; i < decimal.end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || (count === 0 && digit === 0)) continue;
    if (count < EXACT_DIGITS) high = high * 10 + digit;
    else low = low * 10 + digit;
    count++;
  }
  if (count <= EXACT_DIGITS) return scale < POWERS.length ? high / POWERS[scale]! : Number.NaN;
  return quotientOf(high, low, count - EXACT_DIGITS, scale) ?? Number.NaN;
}

const SPLIT = 2 ** 27 + 1;
/** More than the corrections below can be wrong by, as a share of the last bit. */
const DOUBT = 1 + 2 ** -30;
const MOST_LOW = 7;

/**
 * (high·10^more + low) / 10^scale, rounded as the decimal number is: high has 15 digits, the first not 0, low `more` of them.
 * Null: too near the middle of two numbers for this, or out of its reach.
 *   q = high/10^(scale−more), its remainder r exactly (Dekker 1971), value = q + r/10^(scale−more) + low/10^scale
 */
function quotientOf(high: number, low: number, more: number, scale: number): number | null {
  if (scale < more || scale >= POWERS.length || more > MOST_LOW) return null;
  const by = POWERS[scale - more]!;
  const q = high / by;
  const product = q * by;
  const a = SPLIT * q;
  const qHigh = a - (a - q);
  const qLow = q - qHigh;
  const b = SPLIT * by;
  const byHigh = b - (b - by);
  const byLow = by - byHigh;
  const lost = qLow * byLow - (product - qHigh * byHigh - qLow * byHigh - qHigh * byLow);
  const rest = (high - product - lost) / by + low / POWERS[scale]!;
  const value = q + rest;
  const left = rest - (value - q);
  return value + left * DOUBT === value ? value : null;
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
