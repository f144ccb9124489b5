/**
 * Postgres arrays in the binary wire format, as Buffers to pass as parameters ($1::bytea[]). The driver's own arrays
 * are text: bytes as hex inside quotes, which costs three times as much here and in the server.
 */
import { toText } from "./safe-text.ts";

const INT8 = 20;
const INT2 = 21;
const TEXT = 25;
const BYTEA = 17;
const FLOAT8 = 701;
const HEADER = 20;

export function textArray(values: readonly (string | null)[]): Buffer {
  const texts = new Array<string | null>(values.length);
  let size = HEADER;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const text = value === null ? null : toText(value);
    texts[i] = text;
    // UTF-8 needs at most three bytes per UTF-16 unit.
    size += 4 + (text === null ? 0 : text.length * 3);
  }
  const out = Buffer.allocUnsafe(size);
  let at = header(out, TEXT, values.length);
  for (const text of texts) {
    if (text === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    const length = out.write(text, at + 4, "utf8");
    out.writeInt32BE(length, at);
    at += 4 + length;
  }
  return out.subarray(0, at);
}

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  let size = HEADER;
  for (const value of values) size += 4 + (value === null ? 0 : value.byteLength);
  const out = Buffer.allocUnsafe(size);
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
  return out;
}

export function float8Array(values: readonly (number | null)[]): Buffer {
  return fixed(FLOAT8, 8, values, (out, value, at) => out.writeDoubleBE(value, at));
}

/** Whole numbers up to 2^53. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  return fixed(INT8, 8, values, (out, value, at) => {
    const high = Math.floor(value / 4294967296);
    out.writeInt32BE(high, at);
    out.writeUInt32BE(value - high * 4294967296, at + 4);
  });
}

export function int2Array(values: readonly (number | null)[]): Buffer {
  return fixed(INT2, 2, values, (out, value, at) => out.writeInt16BE(value, at));
}

function fixed(
  type: number,
  width: number,
  values: readonly (number | null)[],
  write: (out: Buffer, value: number, at: number) => void,
): Buffer {
  const out = Buffer.allocUnsafe(HEADER + values.length * (4 + width));
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

/** One dimension from 1; "may hold nulls" is always said, the server does not mind. */
function header(out: Buffer, type: number, length: number): number {
  out.writeInt32BE(1, 0);
  out.writeInt32BE(1, 4);
  out.writeInt32BE(type, 8);
  out.writeInt32BE(length, 12);
  out.writeInt32BE(1, 16);
  return HEADER;
}
