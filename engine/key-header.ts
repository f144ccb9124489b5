import { packIds, type RecentIds, unpackIds } from "./recent-ids.ts";
import type { Episode } from "./store.ts";

/** What the engine itself keeps with each key's state, in front of the detector's running part. */
export interface KeyHeader {
  /** Accepted events so far = index of the next one. */
  events: number;
  /** Event time of the last one. */
  time: number | null;
  /** statistic/threshold after the last one. */
  ratio: number;
  /** The unfinished point of the key's series. */
  bucketFrom: number;
  bucketTime: number | null;
  bucketRatio: number;
  /** Open episodes, mostly none. */
  open: readonly OpenEpisode[];
  /** Where the monitor drops events that are sent again. */
  ids: RecentIds | null;
}

export interface OpenEpisode {
  readonly episode: Episode;
  /** Index of its newest opening signal. */
  readonly lastIndex: number;
  /** Notifications sent so far. */
  readonly sequence: number;
}

const FIXED = 1 + 6 * 8 + 4;
/** Without ids, and with. */
const FORMATS = [1, 2] as const;

export function freshHeader(): KeyHeader {
  return { events: 0, time: null, ratio: 0, bucketFrom: 0, bucketTime: null, bucketRatio: 0, open: [], ids: null };
}

/** Where the fixed part of each is written first: a view for every key would cost as much as the rest. */
const FRONT = new Uint8Array(FIXED + 4);
const FRONT_VIEW = new DataView(FRONT.buffer);

/** Header and running part as one blob: fixed part, open episodes, ids if there are any, running part. */
export function packState(h: KeyHeader, version: number, running: Uint8Array): Uint8Array {
  const open = h.open.length === 0 ? EMPTY : encoder.encode(JSON.stringify(h.open));
  const ids = h.ids === null ? null : packIds(h.ids);
  const idsLength = ids === null ? 0 : 4 + ids.byteLength;
  const blob = new Uint8Array(FIXED + 4 + open.length + idsLength + running.length);
  const view = FRONT_VIEW;
  FRONT[0] = FORMATS[ids === null ? 0 : 1];
  view.setFloat64(1, h.events, true);
  view.setFloat64(9, h.time ?? Number.NaN, true);
  view.setFloat64(17, h.ratio, true);
  view.setFloat64(25, h.bucketFrom, true);
  view.setFloat64(33, h.bucketTime ?? Number.NaN, true);
  view.setFloat64(41, h.bucketRatio, true);
  view.setUint32(49, version, true);
  view.setUint32(FIXED, open.length, true);
  blob.set(FRONT);
  blob.set(open, FIXED + 4);
  const at = FIXED + 4 + open.length;
  if (ids !== null) {
    new DataView(blob.buffer).setUint32(at, ids.length, true);
    blob.set(new Uint8Array(ids.buffer), at + 4);
  }
  blob.set(running, at + idsLength);
  return blob;
}

export function unpackState(blob: Uint8Array): { header: KeyHeader; version: number; running: Uint8Array } {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const openLength = view.getUint32(FIXED, true);
  const afterOpen = FIXED + 4 + openLength;
  const count = blob[0] === FORMATS[1] ? view.getUint32(afterOpen, true) : 0;
  const body = blob[0] === FORMATS[1] ? afterOpen + 4 + 8 * count : afterOpen;
  const orNull = (v: number): number | null => (Number.isNaN(v) ? null : v);
  return {
    header: {
      events: view.getFloat64(1, true),
      time: orNull(view.getFloat64(9, true)),
      ratio: view.getFloat64(17, true),
      bucketFrom: view.getFloat64(25, true),
      bucketTime: orNull(view.getFloat64(33, true)),
      bucketRatio: view.getFloat64(41, true),
      open: openLength === 0 ? [] : (JSON.parse(decoder.decode(blob.subarray(FIXED + 4, afterOpen))) as OpenEpisode[]),
      ids: count === 0 ? null : unpackIds(doublesOf(blob.subarray(afterOpen + 4, body)), count),
    },
    version: view.getUint32(49, true),
    // A copy, for readers want aligned bytes of their own; a Buffer's slice would be a view.
    running: Uint8Array.prototype.slice.call(blob, body),
  };
}

/** A copy: wherever they stand. */
function doublesOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
