/**
 * Postgres arrays in the binary wire format, to pass as parameters ($1::bytea[]). The driver's own arrays are text: bytes
 * as hex inside quotes, which costs three times as much here and in the server.
 */
import { toText } from "./safe-text.ts";

/** Encoded when the driver binds it, which copies it at once: so all may use one piece of memory. */
export interface ArrayParameter {
  toPostgres(): Buffer;
}

const INT8 = 20;
const INT2 = 21;
const TEXT = 25;
const BYTEA = 17;
const FLOAT8 = 701;
const HEADER = 20;
const SCRATCH_BYTES = 4 << 20;

export function textArray(values: readonly (string | null)[]): ArrayParameter {
  return { toPostgres: () => encodeTexts(values) };
}

export function byteaArray(values: readonly (Uint8Array | null)[]): ArrayParameter {
  return { toPostgres: () => encodeBytes(values) };
}

export function float8Array(values: readonly (number | null)[]): ArrayParameter {
  return { toPostgres: () => encodeFixed(FLOAT8, 8, values, (out, value, at) => out.writeDoubleBE(value, at)) };
}

/** Whole numbers up to 2^53. */
export function int8Array(values: readonly (number | null)[]): ArrayParameter {
  return { toPostgres: () => encodeFixed(INT8, 8, values, writeInt8) };
}

export function int2Array(values: readonly (number | null)[]): ArrayParameter {
  return { toPostgres: () => encodeFixed(INT2, 2, values, (out, value, at) => out.writeInt16BE(value, at)) };
}

function encodeTexts(values: readonly (string | null)[]): Buffer {
  let size = HEADER;
  // UTF-8 needs at most three bytes per UTF-16 unit, an escaped unit five.
  for (const value of values) size += 4 + (value === null ? 0 : value.length * (toText(value) === value ? 3 : 5));
  const out = memory(size);
  let at = header(out, TEXT, values.length);
  for (const value of values) {
    if (value === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    const length = out.write(toText(value), at + 4, "utf8");
    out.writeInt32BE(length, at);
    at += 4 + length;
  }
  return out.subarray(0, at);
}

function encodeBytes(values: readonly (Uint8Array | null)[]): Buffer {
  let size = HEADER;
  for (const value of values) size += 4 + (value === null ? 0 : value.byteLength);
  const out = memory(size);
  let at = header(out, BYTEA, values.length);
  for (const value of values) {
    if (value === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    at = out.writeInt32BE(value.byteLength, at);
    out.set(value, at);
    at += value.byteLength;
  }
  return out.subarray(0, at);
}

function encodeFixed(
  type: number,
  width: number,
  values: readonly (number | null)[],
  write: (out: Buffer, value: number, at: number) => void,
): Buffer {
  const out = memory(HEADER + values.length * (4 + width));
  let at = header(out, type, values.length);
  for (const value of values) {
    if (value === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    at = out.writeInt32BE(width, at);
    write(out, value, at);
    at += width;
  }
  return out.subarray(0, at);
}

function writeInt8(out: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4294967296);
  out.writeInt32BE(high, at);
  out.writeUInt32BE(value - high * 4294967296, at + 4);
}

/** One dimension from 1; "may hold nulls" is always said, the server does not mind. */
function header(out: Buffer, type: number, length: number): number {
  out.writeInt32BE(1, 0);
  out.writeInt32BE(1, 4);
  out.writeInt32BE(type, 8);
  out.writeInt32BE(length, 12);
  out.writeInt32BE(1, 16);
  return HEADER;
}

let scratch = Buffer.alloc(0);

/** Megabytes that are thrown away at each commit make the collector run over the whole heap again and again. */
function memory(bytes: number): Buffer {
  if (bytes > SCRATCH_BYTES) return Buffer.allocUnsafe(bytes);
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(Math.min(SCRATCH_BYTES, bytes * 2));
  return scratch;
}
