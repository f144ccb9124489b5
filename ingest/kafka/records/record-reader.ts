import type { RawRecord, RecordHeader } from "../../../engine/source.ts";

/** Where reading goes on; one for a whole batch, so that no record allocates one. */
interface Reader {
  readonly data: Buffer;
  at: number;
}

/** What a batch says of all its records. */
export interface Base {
  readonly offset: number;
  /** Epoch milliseconds; -1: none. */
  readonly time: number;
  /** The broker's time for the whole batch, instead of each record's own. */
  readonly appendTime: number | null;
}

/**
 * Appends `count` records (format 2, decompressed) from `from` on to `records`. Throws RangeError at the first that is
 * not whole; those before it stay.
 */
export function readRecords(data: Buffer, count: number, base: Base, from: number, records: RawRecord[]): void {
  const reader: Reader = { data, at: 0 };
  for (let i = 0; i < count; i++) {
    const length = varint(reader);
    const end = reader.at + length;
    if (length < 0 || end > data.length) throw damaged();
    // Attributes, unused.
    reader.at += 1;
    const timeDelta = varlong(reader);
    const offset = base.offset + varint(reader);
    const key = bytes(reader);
    const value = bytes(reader);
    const headers = readHeaders(reader);
    if (reader.at !== end) throw damaged();
    if (offset < from) continue;
    const time = base.appendTime ?? base.time + timeDelta;
    records.push({ offset, key, value, time: time < 0 ? null : time, headers });
  }
  if (reader.at !== data.length) throw damaged();
}

function readHeaders(reader: Reader): readonly RecordHeader[] | null {
  const count = varint(reader);
  if (count === 0) return null;
  if (count < 0 || count > reader.data.length) throw damaged();
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const name = bytes(reader);
    if (name === null) throw damaged();
    headers.push({ name: name.toString("utf8"), value: bytes(reader) });
  }
  return headers;
}

/** Null where the length is -1. */
function bytes(reader: Reader): Buffer | null {
  const length = varint(reader);
  if (length < 0) return null;
  const { data, at } = reader;
  const end = at + length;
  if (end > data.length) throw damaged();
  reader.at = end;
  return data.subarray(at, end);
}

/** Zigzag, at most 32 bits. */
function varint(reader: Reader): number {
  const { data } = reader;
  let { at } = reader;
  let byte = data[at++]!;
  // Past the end: undefined, which no comparison holds for.
  if (byte < 0x80) {
    reader.at = at;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 0x7f;
  for (let shift = 7; shift < 35; shift += 7) {
    byte = data[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      reader.at = at;
      return (value >>> 1) ^ -(value & 1);
    }
  }
  throw damaged();
}

/** Zigzag of up to 64 bits; exact within ±2⁵². */
function varlong(reader: Reader): number {
  const { data } = reader;
  let { at } = reader;
  let value = 0;
  for (let scale = 1, i = 0; i < 10; i++, scale *= 128) {
    const byte = data[at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      reader.at = at;
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }
  throw damaged();
}

function damaged(): RangeError {
  return new RangeError("a record is damaged");
}
