import { isUtf8 } from "node:buffer";
import type { Rejection } from "../../engine/rejection.ts";
import { isJsonWithBareNumbers } from "./bare-numbers.ts";
import type { FieldsReader } from "./read-fields.ts";
import { makeTextSafe } from "./text.ts";

export interface Limits {
  readonly recordBytes: number;
  readonly depth: number;
}

export const LIMITS: Limits = { recordBytes: 1 << 20, depth: 32 };

/** A record's value as data: what any decoder (JSON here) hands to the pickers of all monitors on the stream. */
export interface Parsed {
  readonly value: unknown;
  /** Strings in which NUL or lone surrogates were replaced by U+FFFD. */
  readonly replaced: number;
  /** Fields that were read from the bytes; the value has null in their places. */
  readonly read?: Readonly<Record<string, unknown>>;
}

const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes → JSON value, or why not. One call per record, however many monitors pick from it. */
export function parseJson(
  bytes: Uint8Array,
  limits: Limits = LIMITS,
  fields: FieldsReader | null | undefined = null,
): Parsed | Rejection {
  if (bytes.length > limits.recordBytes) return tooLarge(bytes.length, limits.recordBytes);
  const buffer = asBuffer(bytes);
  const taken = fields?.(buffer) ?? null;
  if (taken !== null) {
    const rest = parseJson(taken.rest, limits);
    if (!isRejection(rest)) return { ...rest, read: taken.values };
  }
  const text = buffer.toString("utf8");
  // Invalid bytes decode to U+FFFD, so only a text that has one is looked at twice.
  if (text.includes("\ufffd") && !isUtf8(bytes))
    return { reason: "not-json", detail: "The record is not valid UTF-8." };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (hasManyBrackets(text, limits.depth) && isDeeper(buffer, limits.depth)) return tooDeep(limits.depth);
    return explainUnparsable(text, limits);
  }
  // Node's parser takes any depth without a stack; a walk over its values is several times cheaper than one over the bytes.
  if (hasManyBrackets(text, limits.depth) && isValueDeeper(value, limits.depth)) return tooDeep(limits.depth);
  return text.includes("\\u") ? makeTextSafe(value, text) : { value, replaced: 0 };
}

export function isRejection<T extends object>(result: T | Rejection): result is Rejection {
  return "reason" in result;
}

export function tooLarge(size: number, limit: number): Rejection {
  // A line splitter stops keeping bytes one past the limit, so the true size may be larger.
  return { reason: "too-large", detail: `The record has ${size} bytes or more, the limit is ${limit}.` };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether it has more opening brackets than levels are allowed: native searches, a handful for an ordinary record. */
function hasManyBrackets(text: string, depth: number): boolean {
  if (text.length <= 2 * depth) return false;
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > depth) return true;
    }
  }
  return false;
}

function tooDeep(depth: number): Rejection {
  return { reason: "too-deep", detail: `The record is nested deeper than ${depth} levels.` };
}

/** Whether containers are nested in it in more than `limit` levels. */
function isValueDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const member: unknown = value[i];
      if (typeof member === "object" && member !== null && isValueDeeper(member, limit - 1)) return true;
    }
    return false;
  }
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (typeof member === "object" && member !== null && isValueDeeper(member, limit - 1)) return true;
  }
  return false;
}

/** The same of bytes that are not JSON. */
function isDeeper(bytes: Buffer, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
  }
  return false;
}

/** The rare path: a byte order mark is forgiven; Python's bare NaN and Infinity are told from broken JSON. */
function explainUnparsable(text: string, limits: Limits): Parsed | Rejection {
  if (text.charCodeAt(0) === 0xfeff) return parseJson(Buffer.from(text.slice(1)), limits);
  if (isJsonWithBareNumbers(text)) {
    return { reason: "not-finite", detail: "The record has a NaN or an Infinity." };
  }
  return { reason: "not-json", detail: text.trim() === "" ? "The record is empty." : "The record is not JSON." };
}
