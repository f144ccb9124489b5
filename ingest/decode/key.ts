import { isUtf8 } from "node:buffer";
import type { Rejection } from "../../engine/rejection.ts";
import { compilePointer } from "./pointer.ts";

/** The key of a monitor whose events name none. */
export const ONE_KEY = "all";

const MAX_BYTES = 256;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** JSON pointer of the key, or of each of its labels. */
export type KeyPlace = string | readonly string[];

export function keyPointers(place: KeyPlace = "/key"): readonly string[] {
  return typeof place === "string" ? [place] : place;
}

/** Reads a document's key, else its record's. */
export function compileKey(place?: KeyPlace): (document: unknown, recordKey: Uint8Array | null) => string | Rejection {
  const pointers = keyPointers(place);
  const getters = pointers.map((pointer) => compilePointer(pointer, "key"));
  const [first] = getters;
  if (typeof place !== "object") return (document, recordKey) => readKey(first!(document), recordKey);
  return (document, recordKey) => {
    const values = getters.map((get) => get(document) ?? null);
    if (values.every((value) => value === null)) return readKey(null, recordKey);
    return joinLabels(pointers, values);
  };
}

/** Labels as one key, `model | version`; a bar in a label is doubled, so that no two lists of labels are one key. */
function joinLabels(pointers: readonly string[], values: readonly unknown[]): string | Rejection {
  const labels: string[] = [];
  for (const [i, value] of values.entries()) {
    if (value === null) return { reason: "missing-field", detail: `The key's label ${pointers[i]!} is missing.` };
    const label = readKey(value, null);
    if (typeof label !== "string") return label;
    labels.push(label.replaceAll("|", "||"));
  }
  return checked(labels.join(" | "));
}

/** The value at the key's pointer, else the record's key, else one key for the monitor. */
export function readKey(value: unknown, recordKey: Uint8Array | null): string | Rejection {
  if (value === undefined || value === null) return recordKey === null ? ONE_KEY : fromBytes(recordKey);
  if (typeof value === "string") return checked(value);
  if (typeof value === "number") return fromNumber(value);
  return { reason: "wrong-type", detail: "The key is neither a string nor a number." };
}

function fromNumber(value: number): string | Rejection {
  // Beyond 2^53 different keys would read as the same number.
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    return bad("is a number too large to be told from its neighbours; send it as a string");
  }
  return String(value);
}

function fromBytes(bytes: Uint8Array): string | Rejection {
  if (bytes.length > MAX_BYTES) return bad(`has more than ${MAX_BYTES} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (text.includes("\ufffd") && !isUtf8(bytes)) return bad("is not valid UTF-8");
  return checked(text);
}

function checked(key: string): string | Rejection {
  if (key === "") return bad("is empty");
  if (key.length * 3 > MAX_BYTES && Buffer.byteLength(key) > MAX_BYTES) return bad(`has more than ${MAX_BYTES} bytes`);
  if (CONTROL.test(key)) return bad("has control characters");
  return key;
}

function bad(what: string): Rejection {
  return { reason: "bad-key", detail: `The key ${what}.` };
}
