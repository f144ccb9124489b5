import { isUtf8 } from "node:buffer";
import type { FieldReader } from "../../engine/detector.ts";
import { isAt } from "./flat.ts";
import { parsePointer } from "./pointer.ts";

/** A record without the fields that their readers took from its bytes. */
export interface ReadFields {
  /** The record with null in their places. */
  readonly rest: Buffer;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Null: nothing to read, or something unusual; the record is then parsed as a whole. */
export type FieldsReader = (bytes: Buffer) => ReadFields | null;

/** Smaller records cost as little the ordinary way. */
const LARGE = 4096;

/**
 * `reads` by field; `pointers`: where each field is, and all else that is picked. Only members of the outermost object from
 * which nothing else is picked are read so. Null: none is.
 */
export function createFieldsReader(
  reads: Readonly<Record<string, FieldReader>>,
  pointers: Readonly<Record<string, string>>,
): FieldsReader | null {
  const paths = Object.entries(pointers).map(([field, pointer]) => ({ field, path: parsePointer(pointer, field) }));
  const members = paths.flatMap(({ field, path: [first, ...further] }) => {
    const read = reads[field];
    const alone = paths.every(({ field: other, path }) => other === field || (path.length > 0 && path[0] !== first));
    return read && first !== undefined && further.length === 0 && alone
      ? [{ field, read, name: Buffer.from(first) }]
      : [];
  });
  if (members.length === 0) return null;
  return (bytes) => {
    if (bytes.length < LARGE || !isUtf8(bytes)) return null;
    const values: Record<string, unknown> = {};
    const pieces: Buffer[] = [];
    let kept = 0;
    let at = skipSpace(bytes, 0);
    if (bytes[at++] !== OPEN_OBJECT) return null;
    for (;;) {
      at = skipSpace(bytes, at);
      if (bytes[at] !== QUOTE) return null;
      const name = at + 1;
      const end = endOfString(bytes, at) - 1;
      // Written with escapes it may be any name.
      for (let i = name; i < end; i++) if (bytes[i] === BACKSLASH) return null;
      at = skipSpace(bytes, end + 1);
      if (bytes[at++] !== COLON) return null;
      at = skipSpace(bytes, at);
      const member = members.find((each) => each.name.length === end - name && isAt(each.name, bytes, name, end));
      if (member === undefined) at = endOfValue(bytes, at);
      else {
        // Of two the last would count.
        const read = member.field in values ? null : member.read(bytes, at);
        if (read === null) return null;
        values[member.field] = read.value;
        pieces.push(bytes.subarray(kept, at), NULL);
        kept = read.end;
        at = read.end;
      }
      at = skipSpace(bytes, at);
      const next = bytes[at++];
      if (next === CLOSE_OBJECT) break;
      if (next !== COMMA) return null;
    }
    return pieces.length === 0 ? null : { rest: Buffer.concat([...pieces, bytes.subarray(kept)]), values };
  };
}

const NULL = Buffer.from("null");
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) byte = bytes[++at];
  return at;
}

/** Past the closing quote, or past the end. */
function endOfString(bytes: Buffer, open: number): number {
  let at = open + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** The byte after a value, if it is one: what is not JSON is found out when the rest is parsed. */
function endOfValue(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOfString(bytes, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_OBJECT)) return at;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return bytes.length;
}
