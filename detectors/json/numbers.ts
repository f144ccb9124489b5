import { z } from "zod";
import type { FieldReader } from "../../engine/detector.ts";
import { MAX_MAGNITUDE } from "../../engine/rejection.ts";
import { decimal, readDecimal } from "./decimal.ts";
import { type Decimals, MOST_NUMBERS, openDecimals } from "./decimals.ts";

/** As JSON has them, or as readNumbers took them from its bytes. */
export const numbers = z.union([
  z.array(z.number()).min(1).max(MOST_NUMBERS),
  z.custom<Float64Array>((value) => value instanceof Float64Array),
]);

/**
 * A list of numbers from its bytes: an embedding's are each of some twenty digits, and JSON.parse with a look at every
 * element costs several times as much. The numbers are those of JSON.parse, to the bit.
 */
export function createNumbersReader({ values, open, skip }: Decimals): FieldReader {
  return (bytes, from) => {
    if (bytes[from] !== OPEN_ARRAY) return null;
    let at = from + 1;
    let count = 0;
    open(bytes, at);
    for (;;) {
      ({ at, count } = skip(at, count));
      if (bytes[at]! <= SPACE) at = skipSpace(bytes, at);
      const value = readDecimal(bytes, at);
      if (!(value <= MAX_MAGNITUDE && value >= -MAX_MAGNITUDE) || count === MOST_NUMBERS) return null;
      values[count++] = value;
      at = decimal.end;
      if (bytes[at]! <= SPACE) at = skipSpace(bytes, at);
      const next = bytes[at++];
      if (next === CLOSE_ARRAY) return { value: values.slice(0, count), end: at };
      if (next !== COMMA) return null;
    }
  };
}

export const readNumbers = createNumbersReader(openDecimals());

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09; ) byte = bytes[++at];
  return at;
}

const SPACE = 0x20;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
