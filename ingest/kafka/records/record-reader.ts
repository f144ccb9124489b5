import type { RawRecord, RecordHeader, Within } from "../../../engine/source.ts";

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
    const valueFrom = skipBytes(reader);
    const valueTo = reader.at;
    const headers = readHeaders(reader);
    if (reader.at !== end) throw damaged();
    if (offset < from) continue;
    const time = base.appendTime ?? base.time + timeDelta;
    records.push(new FetchedRecord(offset, time < 0 ? null : time, key, headers, data, valueFrom, valueTo));
  }
  if (reader.at !== data.length) throw damaged();
}

/** Its value is a view that is made when it is asked for: most are decoded where they stand. */
class FetchedRecord implements RawRecord, Within {
  readonly offset: number;
  readonly time: number | null;
  readonly key: Buffer | null;
  readonly headers: readonly RecordHeader[] | null;
  readonly bytes: Buffer;
  /** -1: a tombstone. */
  readonly from: number;
  readonly to: number;

  constructor(
    offset: number,
    time: number | null,
    key: Buffer | null,
    headers: readonly RecordHeader[] | null,
    bytes: Buffer,
    from: number,
    to: number,
  ) {
    this.offset = offset;
    this.time = time;
    this.key = key;
    this.headers = headers;
    this.bytes = bytes;
    this.from = from;
    this.to = to;
  }

  get value(): Buffer | null {
    return this.from < 0 ? null : this.bytes.subarray(this.from, this.to);
  }

  get within(): Within | undefined {
    return this.from < 0 ? undefined : this;
  }
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
  const from = skipBytes(reader);
  return from < 0 ? null : reader.data.subarray(from, reader.at);
}

/** Goes past them; where they begin, or -1 where the length is. */
function skipBytes(reader: Reader): number {
  const length = varint(reader);
  if (length < 0) return -1;
  const { at } = reader;
  if (at + length > reader.data.length) throw damaged();
  reader.at = at + length;
  return at;
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
