import type { FieldReader } from "../../engine/detector.ts";
import { decimal, readDecimal } from "../json/decimal.ts";
import { isLogProbability, MOST_POSITIONS } from "./event.ts";
import { createLists, LONGEST_LIST } from "./lists.ts";
import { endTally, startTally, tallyPosition } from "./positions.ts";

/**
 * A turn's positions from the bytes of their JSON to their divergence in one pass: a turn has thousands of [token, number]
 * pairs, and building an array for each costs several times what is done with them. Anything unusual (other members, an
 * unpaired surrogate, a number out of range, no JSON at all) is left to the ordinary way, which says what is wrong with it.
 */
export const readPositions: FieldReader = (source, from) => {
  bytes = source;
  at = from;
  if (tokens.length < source.length) tokens = new Uint8Array(source.length);
  const tally = startTally();
  if (!takeByte(OPEN_ARRAY)) return null;
  do {
    if (tally.positions === MOST_POSITIONS || !readPosition()) return null;
    tallyPosition(tally, lists, nameOf);
  } while (takeByte(COMMA));
  return takeByte(CLOSE_ARRAY) ? { value: endTally(tally), end: at } : null;
};

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What is read, and how far. */
let bytes: Uint8Array = new Uint8Array(0);
let at = 0;

/** Tokens of a list: where the text of each stands in `tokens`, and a hash of it; ids have no text. */
interface Names {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly hash: Int32Array;
  readonly id: Float64Array;
}

const lists = createLists();
const tests = createNames();
const references = createNames();
/** UTF-8 of the tokens of a position. */
let tokens = new Uint8Array(0);
let written = 0;

function createNames(): Names {
  const make = () => new Int32Array(LONGEST_LIST);
  return { from: make(), to: make(), hash: make(), id: new Float64Array(LONGEST_LIST) };
}

function nameOf(i: number): string {
  const from = tests.from[i]!;
  return from < 0 ? String(tests.id[i]) : Buffer.from(tokens.subarray(from, tests.to[i])).toString("utf8");
}

/** {"test": […], "reference": […]}, in any order, each once. */
function readPosition(): boolean {
  if (!takeByte(OPEN_OBJECT)) return false;
  written = 0;
  lists.tests = 0;
  lists.references = 0;
  do {
    if (!takeByte(QUOTE)) return false;
    if (takeWord(TEST)) lists.tests = lists.tests > 0 ? -1 : readList(tests, lists.test);
    else if (takeWord(REFERENCE)) lists.references = lists.references > 0 ? -1 : readList(references, lists.reference);
    else return false;
    if (lists.tests < 0 || lists.references < 0) return false;
  } while (takeByte(COMMA));
  if (!takeByte(CLOSE_OBJECT) || lists.tests === 0 || lists.references === 0) return false;
  for (let i = 0; i < lists.tests; i++) lists.partner[i] = partnerOf(i);
  return true;
}

const TEST = Buffer.from('test"');
const REFERENCE = Buffer.from('reference"');

/** [[token, log-probability], …]; how many, −1 for what is no such list. */
function readList(names: Names, logs: Float64Array): number {
  if (!takeByte(COLON) || !takeByte(OPEN_ARRAY)) return -1;
  let n = 0;
  do {
    if (n === LONGEST_LIST || !takeByte(OPEN_ARRAY)) return -1;
    if (bytes[at] === QUOTE ? !readText(names, n) : !readId(names, n)) return -1;
    if (!takeByte(COMMA)) return -1;
    const log = readNumber();
    if (!isLogProbability(log) || !takeByte(CLOSE_ARRAY)) return -1;
    logs[n++] = log;
  } while (takeByte(COMMA));
  return takeByte(CLOSE_ARRAY) ? n : -1;
}

function readId(names: Names, i: number): boolean {
  skipSpace();
  if (bytes[at] === QUOTE) return readText(names, i);
  const id = readNumber();
  names.from[i] = -1;
  names.id[i] = id;
  names.hash[i] = id | 0;
  return !Number.isNaN(id);
}

/** From its opening quote on. */
function readText(names: Names, i: number): boolean {
  // What changes with every byte is held in local variables: they are registers.
  const source = bytes;
  const out = tokens;
  let from = at + 1;
  let to = written;
  let hash = 0;
  names.from[i] = to;
  for (let byte = source[from++]!; byte !== QUOTE; byte = source[from++]!) {
    if (byte !== BACKSLASH) {
      // Past the end there is no byte, which is not 0x20 or more either.
      if (!(byte >= 0x20)) return false;
      out[to++] = byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
      continue;
    }
    at = from;
    written = to;
    if (!readEscape()) return false;
    for (; to < written; to++) hash = (Math.imul(hash, 31) + out[to]!) | 0;
    from = at;
  }
  at = from;
  written = to;
  names.to[i] = to;
  names.hash[i] = hash;
  return true;
}

/** Place in the reference's list of a token of the test list: the same place first, for like models have most there. */
function partnerOf(i: number): number {
  const n = lists.references;
  const hash = tests.hash[i]!;
  const hashes = references.hash;
  if (i < n && hashes[i] === hash && isSame(i, i)) return i;
  for (let j = 0; j < n; j++) if (hashes[j] === hash && isSame(i, j)) return j;
  return -1;
}

function isSame(i: number, j: number): boolean {
  const a = tests.from[i]!;
  const b = references.from[j]!;
  if (a < 0 || b < 0) return a < 0 && b < 0 && tests.id[i] === references.id[j];
  const length = tests.to[i]! - a;
  if (references.to[j]! - b !== length) return false;
  for (let k = 0; k < length; k++) if (tokens[a + k] !== tokens[b + k]) return false;
  return true;
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** What stands behind a backslash, as UTF-8; false for NUL and half a surrogate pair, which need mending. */
function readEscape(): boolean {
  const letter = String.fromCharCode(bytes[at++]!);
  if (letter !== "u") {
    if ('"\\/'.includes(letter)) return writeCode(letter.charCodeAt(0));
    return letter in ESCAPES && writeCode(ESCAPES[letter]!.charCodeAt(0));
  }
  const unit = readUnit();
  if (unit < 0xd800 || unit > 0xdfff) return unit > 0 && writeCode(unit);
  if (unit > 0xdbff || bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75) return false;
  at += 2;
  const low = readUnit();
  if (!(low >= 0xdc00 && low <= 0xdfff)) return false;
  return writeCode(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
}

/** Four hexadecimal digits; −1 for anything else. */
function readUnit(): number {
  let unit = 0;
  for (let k = 0; k < 4; k++) {
    const byte = bytes[at++]!;
    const digit =
      byte >= ZERO && byte <= NINE
        ? byte - ZERO
        : (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66
          ? (byte | 0x20) - 87
          : -1;
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

function writeCode(code: number): boolean {
  if (code < 0x80) tokens[written++] = code;
  else if (code < 0x800) {
    tokens[written++] = 0xc0 | (code >> 6);
    tokens[written++] = 0x80 | (code & 63);
  } else {
    if (code < 0x10000) tokens[written++] = 0xe0 | (code >> 12);
    else {
      tokens[written++] = 0xf0 | (code >> 18);
      tokens[written++] = 0x80 | ((code >> 12) & 63);
    }
    tokens[written++] = 0x80 | ((code >> 6) & 63);
    tokens[written++] = 0x80 | (code & 63);
  }
  return true;
}

/** NaN for what is no number. */
function readNumber(): number {
  skipSpace();
  const value = readDecimal(bytes, at);
  at = decimal.end;
  return value;
}

function takeWord(word: Uint8Array): boolean {
  for (let k = 0; k < word.length; k++) if (bytes[at + k] !== word[k]) return false;
  at += word.length;
  return true;
}

/** Passes over white space, and over this byte if it comes next. */
function takeByte(byte: number): boolean {
  skipSpace();
  if (bytes[at] !== byte) return false;
  at++;
  return true;
}

function skipSpace(): void {
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[++at]);
}
