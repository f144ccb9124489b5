import { isUtf8 } from "node:buffer";
import type { Rejection } from "../../engine/rejection.ts";

/** The key of a monitor whose events name none. */
export const ONE_KEY = "all";

const MAX_BYTES = 256;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

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
