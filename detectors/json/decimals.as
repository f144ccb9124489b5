// AssemblyScript. compile-kernel.ts turns it into decimals-bytes.ts; a test holds the two equal.
//
// Decimal → double by one product of 64 with 128 bits: Lemire, "Number Parsing at a Gigabyte per Second" (2021); that no number
// is left over: Mushtak and Lemire, "Fast Number Parsing Without Fallback" (2023). Eight digits at a time are turned to a number
// by three products.

/** Powers of ten whose product is looked up: 5^q in 128 bits, the highest set, for q from LEAST to MOST. */
const LEAST: i32 = -48;
const MOST: i32 = 24;
/** tables: 10^0 … 10^7 as u64, then of each power its upper and its lower half. */
const POWERS: usize = 64;
/** So many digits are a u64 whatever they are. */
const MOST_DIGITS: i32 = 19;

/**
 * Reads numbers that have a comma behind them, as JSON has them, from `at` on, to `out`, at most `most`: how many. Stops before
 * the first that is something else, or too long or too small or too large for the table. Where it stopped: u32 at `stopped`.
 * Behind the text are 16 bytes of zeros.
 */
export function take(at: usize, out: usize, most: i32, tables: usize, stopped: usize): i32 {
  let count = 0;
  for (; count < most; count++) {
    let place = skipSpace(at);
    // No branch: of an embedding's numbers half are negative, in no order.
    const negative = load<u8>(place) == 0x2d;
    place += <usize>negative;
    let byte = load<u8>(place);
    const whole = place;
    const first = digitOf(byte);
    if (first > 9) break;
    let digits: u64 = first;
    byte = load<u8>(++place);
    if (first > 0) {
      for (let digit = digitOf(byte); digit <= 9; digit = digitOf(byte)) {
        digits = digits * 10 + digit;
        byte = load<u8>(++place);
      }
    }
    let length = first > 0 ? <i32>(place - whole) : 0;
    let power: i32 = 0;
    if (byte == 0x2e) {
      const fraction = ++place;
      let eight = load<u64>(place);
      let other = otherThanDigits(eight);
      while (other == 0) {
        digits = digits * 100000000 + numberOf(eight & 0x0f0f0f0f0f0f0f0f);
        place += 8;
        eight = load<u64>(place);
        other = otherThanDigits(eight);
      }
      const left = <u64>ctz(other) >> 3;
      if (left > 0) {
        const last = numberOf((eight & 0x0f0f0f0f0f0f0f0f) << (64 - (left << 3)));
        digits = digits * load<u64>(tables + (<usize>left << 3)) + last;
        place += <usize>left;
      }
      power = -<i32>(place - fraction);
      if (power == 0) break;
      length -= power;
      if (length > MOST_DIGITS && first == 0) length -= zerosFrom(fraction);
      byte = load<u8>(place);
    }
    if (length > MOST_DIGITS) break;
    if ((byte | 0x20) == 0x65) {
      byte = load<u8>(++place);
      const down = byte == 0x2d;
      if (down || byte == 0x2b) byte = load<u8>(++place);
      let digit = digitOf(byte);
      if (digit > 9) break;
      let exponent: i32 = 0;
      for (; digit <= 9 && exponent < 1000; digit = digitOf(byte)) {
        exponent = exponent * 10 + <i32>digit;
        byte = load<u8>(++place);
      }
      power += down ? -exponent : exponent;
    }
    place = skipSpace(place);
    if (load<u8>(place) != 0x2c) break;
    let bits: u64 = 0;
    if (digits > 0) {
      if (power < LEAST || power > MOST) break;
      bits = doubleOf(digits, power, tables);
    }
    store<u64>(out + (<usize>count << 3), bits | (<u64>negative << 63));
    at = place + 1;
  }
  store<u32>(stopped, <u32>at);
  return count;
}

// @ts-ignore: decorator
@inline
function digitOf(byte: u8): u32 {
  return <u32>byte - 0x30;
}

// @ts-ignore: decorator
@inline
function skipSpace(at: usize): usize {
  let byte = load<u8>(at);
  while (byte <= 0x20 && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09)) byte = load<u8>(++at);
  return at;
}

function zerosFrom(at: usize): i32 {
  let zeros = 0;
  while (load<u8>(at + zeros) == 0x30) zeros++;
  return zeros;
}

/** 0 where eight bytes are digits, else its lowest set bit is in the first that is none. */
// @ts-ignore: decorator
@inline
function otherThanDigits(eight: u64): u64 {
  return ((eight & 0xf0f0f0f0f0f0f0f0) | (((eight + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) ^ 0x3333333333333333;
}

/** Of eight digits, the first in the lowest byte: pairs, then both pairs of pairs at once. */
// @ts-ignore: decorator
@inline
function numberOf(digits: u64): u64 {
  const pairs = digits * 10 + (digits >> 8);
  const upper = (pairs & 0x000000ff000000ff) * 0x000f424000000064;
  const lower = ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001;
  return (upper + lower) >> 32;
}

/** Bits of the double next to digits·10^power, halves to even. digits > 0; the result is a normal number. */
// @ts-ignore: decorator
@inline
function doubleOf(digits: u64, power: i32, tables: usize): u64 {
  const zeros = clz(digits);
  const shifted = digits << zeros;
  const entry = tables + POWERS + (<usize>(power - LEAST) << 4);
  const factor = load<u64>(entry);
  let low = shifted * factor;
  let high = upperHalf(shifted, factor);
  if ((high & 0x1ff) == 0x1ff) {
    const more = upperHalf(shifted, load<u64>(entry, 8));
    low += more;
    if (low < more) high++;
  }
  const top = high >> 63;
  const shift = top + 9;
  let mantissa = high >> shift;
  // floor(power·log2(10)).
  let exponent = <u64>(((217706 * power) >> 16) + 63 + 1023) + top - zeros;
  // Exactly in the middle of two: only where the product is exact.
  if (low <= 1 && power >= -4 && power <= 23 && (mantissa & 3) == 1 && mantissa << shift == high) mantissa &= ~1;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  // Rounded up to the next power of two it carries into the exponent.
  return (mantissa & 0x000fffffffffffff) + ((exponent + (mantissa >> 53)) << 52);
}

/** Of a product of 128 bits, by halves of 32. */
// @ts-ignore: decorator
@inline
function upperHalf(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff, a1 = a >> 32;
  const b0 = b & 0xffffffff, b1 = b >> 32;
  const cross = a1 * b0;
  const middle = a0 * b1 + ((a0 * b0) >> 32) + (cross & 0xffffffff);
  return a1 * b1 + (cross >> 32) + (middle >> 32);
}
