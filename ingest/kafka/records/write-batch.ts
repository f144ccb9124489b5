import type { OutRecord } from "../port.ts";
import { crc32c } from "./crc32c.ts";

const HEADER = 61;
const CHECKED = 21;
const FORMAT = 2;

/** A record batch (format 2, not compressed) as brokers take it of a producer without transactions. */
export function writeBatch(records: readonly OutRecord[], time: number): Buffer {
  const names = new Map<string, Buffer>();
  const bodies = records.map((record, i) => bodySize(record, i, names));
  let size = HEADER;
  for (const body of bodies) size += varintSize(body) + body;
  const data = Buffer.allocUnsafe(size);
  data.writeBigInt64BE(0n, 0);
  data.writeInt32BE(size - 12, 8);
  // No leader's epoch is known.
  data.writeInt32BE(-1, 12);
  data[16] = FORMAT;
  data.writeInt16BE(0, 21);
  data.writeInt32BE(records.length - 1, 23);
  data.writeBigInt64BE(BigInt(time), 27);
  data.writeBigInt64BE(BigInt(time), 35);
  // No producer's id, epoch and sequence.
  data.fill(0xff, 43, 57);
  data.writeInt32BE(records.length, 57);
  let at = HEADER;
  for (const [i, { key, value, headers }] of records.entries()) {
    at = writeVarint(data, at, bodies[i]!);
    // Attributes, and no time of its own.
    data[at++] = 0;
    data[at++] = 0;
    at = writeVarint(data, at, i);
    at = writeBytes(data, at, key);
    at = writeBytes(data, at, value);
    at = writeVarint(data, at, headers.length);
    for (const header of headers) {
      at = writeBytes(data, at, names.get(header.name)!);
      at = writeBytes(data, at, header.value);
    }
  }
  data.writeUInt32BE(crc32c(data.subarray(CHECKED)), 17);
  return data;
}

function bodySize({ key, value, headers }: OutRecord, i: number, names: Map<string, Buffer>): number {
  let size = 2 + varintSize(i) + bytesSize(key) + bytesSize(value) + varintSize(headers.length);
  for (const header of headers) {
    let name = names.get(header.name);
    if (name === undefined) {
      name = Buffer.from(header.name);
      names.set(header.name, name);
    }
    size += bytesSize(name) + bytesSize(header.value);
  }
  return size;
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

/** Of a number ≥ 0 below 2³⁰: zigzag doubles it. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest > 0x7f; rest >>>= 7) size++;
  return size;
}

function writeVarint(data: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value * 2;
  for (; rest > 0x7f; rest >>>= 7) data[at++] = (rest & 0x7f) | 0x80;
  data[at++] = rest;
  return at;
}

function writeBytes(data: Buffer, from: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    // −1.
    data[from] = 1;
    return from + 1;
  }
  const at = writeVarint(data, from, bytes.length);
  data.set(bytes, at);
  return at + bytes.length;
}
