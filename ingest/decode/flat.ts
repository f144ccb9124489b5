import { isUtf8 } from "node:buffer";
import { parsePointer } from "./pointer.ts";

/**
 * The wanted members of a record in bytes [from, to), or null: it is not plain, and is to be parsed as a whole. What it
 * returns is what JSON.parse has under the same names.
 */
export type FlatReader = (bytes: Uint8Array, from: number, to: number) => Record<string, unknown> | null;

/** After so many that are not plain only each of as many is looked at. */
const PATIENCE = 32;
/** Of a number with no more digits 10^-k times its digits is the nearest double: both are exact. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);

/**
 * Reads flat JSON objects from their bytes: JSON.parse makes strings and members that nobody picks, which cost more than
 * looking at each byte once. Plain is an object of strings without escapes, numbers without exponents, true, false and
 * null, checked as strictly as JSON.parse does. Null where a pointer wants more than a member of the outermost object.
 */
export function createFlatReader(pointers: readonly string[]): FlatReader | null {
  const wanted: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  for (const pointer of new Set(pointers)) {
    const [name, ...further] = parsePointer(pointer, "fields");
    if (name === undefined || further.length > 0 || !PLAIN_NAME.test(name) || name in Object.prototype) return null;
    wanted.push({ name, bytes: Buffer.from(name) });
  }
  let failures = 0;
  return (bytes, from, to) => {
    if (failures >= PATIENCE && failures++ % PATIENCE !== 0) return null;
    const read = readFlat(wanted, bytes, from, to);
    failures = read === null ? failures + 1 : 0;
    return read;
  };
}

const PLAIN_NAME = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

type Wanted = readonly { readonly name: string; readonly bytes: Uint8Array }[];

function readFlat(wanted: Wanted, bytes: Uint8Array, from: number, to: number): Record<string, unknown> | null {
  const found: Record<string, unknown> = {};
  let beyondAscii = false;
  let at = skipSpace(bytes, from, to);
  if (at >= to || bytes[at] !== OPEN_OBJECT) return null;
  at = skipSpace(bytes, at + 1, to);
  // Empty objects are rare.
  for (;;) {
    if (at >= to || bytes[at] !== QUOTE) return null;
    const nameFrom = ++at;
    let seen = 0;
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte < SPACE || byte === BACKSLASH) return null;
      seen |= byte;
    }
    const name = nameOf(wanted, bytes, nameFrom, at);
    at = skipSpace(bytes, at + 1, to);
    if (at >= to || bytes[at] !== COLON) return null;
    at = skipSpace(bytes, at + 1, to);
    if (at >= to) return null;
    const first = bytes[at]!;
    if (first === QUOTE) {
      const start = ++at;
      let within = 0;
      for (; at < to; at++) {
        const byte = bytes[at]!;
        if (byte === QUOTE) break;
        if (byte < SPACE || byte === BACKSLASH) return null;
        within |= byte;
      }
      if (at >= to) return null;
      if (name !== null) found[name] = within < 0x80 ? ascii(bytes, start, at) : utf8(bytes, start, at);
      seen |= within;
      at++;
    } else if (first === MINUS || isDigit(first)) {
      const negative = first === MINUS;
      const start = at;
      if (negative) at++;
      const digits = at;
      let value = 0;
      let decimals = 0;
      if (at >= to || !isDigit(bytes[at]!)) return null;
      for (; at < to && isDigit(bytes[at]!); at++) value = value * 10 + bytes[at]! - ZERO;
      if (bytes[digits] === ZERO && at - digits > 1) return null;
      if (at < to && bytes[at] === POINT) {
        const point = ++at;
        for (; at < to && isDigit(bytes[at]!); at++) value = value * 10 + bytes[at]! - ZERO;
        decimals = at - point;
        if (decimals === 0) return null;
      }
      if (at < to && (bytes[at]! | LOWER) === LETTER_E) return null;
      if (name !== null) {
        if (at - digits > EXACT_DIGITS) found[name] = Number(ascii(bytes, start, at));
        else {
          if (decimals > 0) value /= POWERS[decimals]!;
          found[name] = negative ? -value : value;
        }
      }
    } else {
      const literal = LITERALS.find((each) => each.first === first);
      if (literal === undefined || !isAt(literal.bytes, bytes, at, to)) return null;
      if (name !== null) found[name] = literal.value;
      at += literal.bytes.length;
    }
    if (seen >= 0x80) beyondAscii = true;
    at = skipSpace(bytes, at, to);
    if (at >= to) return null;
    const next = bytes[at]!;
    if (next === CLOSE_OBJECT) break;
    if (next !== COMMA) return null;
    at = skipSpace(bytes, at + 1, to);
  }
  if (skipSpace(bytes, at + 1, to) !== to) return null;
  // Broken bytes would read as U+FFFD.
  return beyondAscii && !isUtf8(bytes.subarray(from, to)) ? null : found;
}

function nameOf(wanted: Wanted, bytes: Uint8Array, from: number, to: number): string | null {
  const length = to - from;
  for (let i = 0; i < wanted.length; i++) {
    const each = wanted[i]!;
    if (each.bytes.length === length && isAt(each.bytes, bytes, from, to)) return each.name;
  }
  return null;
}

/** Whether the bytes from..to begin with these. */
export function isAt(what: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (from + what.length > to) return false;
  for (let i = 0; i < what.length; i++) if (bytes[from + i] !== what[i]) return false;
  return true;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
  }
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return asBuffer(bytes).latin1Slice(from, to);
}

function utf8(bytes: Uint8Array, from: number, to: number): string {
  return asBuffer(bytes).utf8Slice(from, to);
}

/** Without the checks of toString(): the places are known to be within. */
interface Slices {
  latin1Slice(from: number, to: number): string;
  utf8Slice(from: number, to: number): string;
}

function asBuffer(bytes: Uint8Array): Slices {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer as unknown as Slices;
}

const QUOTE = 0x22;
const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LETTER_E = 0x65;
const LOWER = 0x20;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const LITERALS = [
  { first: 0x74, bytes: Buffer.from("true"), value: true },
  { first: 0x66, bytes: Buffer.from("false"), value: false },
  { first: 0x6e, bytes: Buffer.from("null"), value: null },
];
