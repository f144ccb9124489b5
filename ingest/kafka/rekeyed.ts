import { REASONS, type Rejection } from "../../engine/rejection.ts";
import type { Rekeyed } from "../../engine/rekey.ts";
import type { RawRecord, RecordHeader } from "../../engine/source.ts";
import type { OutRecord } from "./port.ts";

/** Partition, offset, time (epoch milliseconds, or -) and topic id where the record stood, separated by blanks. */
const FROM = "tidegauge-from";
/** Its own key, where that is not the monitor's. */
const KEY = "tidegauge-key";
/** Why it has no key: reason, blank, detail. */
const REFUSED = "tidegauge-refused";
/** Sequence of the dead letter that is fed again. */
const AGAIN = "tidegauge-again";
/** Its number among those that the lane at that place made. */
const ORDINAL = "tidegauge-ordinal";
/** Prefix of its own headers without a value: not every client can write them. */
const EMPTY = "tidegauge-empty-";
/** Of a record that is refused so much is kept. */
const MOST_REFUSED_BYTES = 1 << 20;

const NOT_OURS: Rejection = {
  reason: "missing-field",
  detail: `The record has no header ${FROM}: it was not written by Tidegauge.`,
};

/** Its bytes as they came, under the monitor's key; headers tell where it stood. */
export function toRekeyed({ record, key, from, again, ordinal }: Rekeyed): OutRecord {
  const { offset, time, value } = record;
  const headers: RecordHeader[] = [];
  for (const header of record.headers ?? [])
    headers.push(header.value === null ? { name: EMPTY + header.name, value: NO_BYTES } : header);
  headers.push(ofText(FROM, `${from.partition} ${offset} ${time ?? "-"} ${from.topicId}`));
  if (again !== undefined) headers.push(ofText(AGAIN, String(again)));
  if (ordinal !== undefined) headers.push(ofText(ORDINAL, String(ordinal)));
  const own = record.key && Buffer.from(record.key.buffer, record.key.byteOffset, record.key.length);
  if (typeof key !== "string") {
    headers.push(ofText(REFUSED, `${key.reason} ${key.detail}`));
    return { key: own, value: value?.subarray(0, MOST_REFUSED_BYTES) ?? null, headers };
  }
  const bytes = Buffer.from(key);
  if (own === null || !bytes.equals(own)) headers.push({ name: KEY, value: own ?? NO_BYTES });
  return { key: bytes, value, headers };
}

/** The record as it came to `topic`, at its offset here. One that others wrote here is refused. */
export function fromRekeyed(record: RawRecord, topic: string): RawRecord {
  const { offset, value } = record;
  let { key, time } = record;
  let origin: RawRecord["origin"];
  let refused: Rejection | undefined;
  let again: number | undefined;
  let ordinal: number | undefined;
  const headers: RecordHeader[] = [];
  for (const header of record.headers ?? []) {
    const { name } = header;
    if (!name.startsWith("tidegauge-")) headers.push(header);
    else if (name === FROM && header.value !== null) {
      const [partition, at, when, topicId = ""] = textOf(header.value).split(" ");
      origin = { topicId, topic, partition: Number(partition), offset: Number(at) };
      time = when === "-" ? null : Number(when);
    } else if (name === AGAIN && header.value !== null) again = Number(textOf(header.value));
    else if (name === ORDINAL && header.value !== null) ordinal = Number(textOf(header.value));
    else if (name === KEY) key = header.value === null || header.value.length === 0 ? null : header.value;
    else if (name === REFUSED && header.value !== null) refused = readRejection(textOf(header.value));
    else if (name.startsWith(EMPTY)) headers.push({ name: name.slice(EMPTY.length), value: null });
  }
  if (origin === undefined) return { offset, key, value, time, headers: record.headers ?? null, refused: NOT_OURS };
  if (again !== undefined) origin = { ...origin, again };
  if (ordinal !== undefined) origin = { ...origin, ordinal };
  const restored = { offset, key, value, time, headers: headers.length === 0 ? null : headers, origin };
  return refused === undefined ? restored : { ...restored, refused };
}

const NO_BYTES = Buffer.alloc(0);

function ofText(name: string, text: string): RecordHeader {
  return { name, value: Buffer.from(text) };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function readRejection(text: string): Rejection {
  const end = text.indexOf(" ");
  const reason = REASONS.find((each) => each === text.slice(0, end)) ?? "schema";
  return { reason, detail: text.slice(end + 1) };
}
