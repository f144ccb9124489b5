import type { Part } from "../../engine/detector.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import { type CoOccurrence, createCoOccurrence, placeOf, widenLabels } from "./co-occurrence.ts";
import { relink, shareOf } from "./displacement.ts";
import { readPairs, readTouched, writePairs, writeTouched } from "./whole-pairs.ts";

export function writeCoOccurrence(w: Writer, c: CoOccurrence): void {
  const { labels, slots, whole } = c;
  for (const n of [labels, slots, c.since, c.untilSweep]) w.u32(n);
  for (const x of [c.fastScale, c.slowScale, ...c.sums]) w.f64(x);
  w.array(c.fast.subarray(0, labels));
  w.array(c.slow.subarray(0, labels));
  w.array(c.counts.subarray(0, labels));
  w.array(c.mask.subarray(0, labels));
  w.array(c.full.subarray(0, labels));
  w.array(c.dirty.subarray(0, labels));
  if (whole === null) {
    writePairs(w, c);
    w.array(c.share.subarray(0, slots));
  } else {
    writeTouched(w, c, whole);
    w.array(Float32Array.from(owedSlots(c), (s) => c.share[s]!));
  }
}

/** `whole`: the part of a snapshot that has all pairs as of the last sweep; null: all are in `r`. */
export function readCoOccurrence(r: Reader, whole: Part | null): CoOccurrence {
  const c = createCoOccurrence();
  const labels = r.u32();
  const slots = r.u32();
  widenLabels(c, labels, true);
  c.since = r.u32();
  c.untilSweep = r.u32();
  c.fastScale = r.f64();
  c.slowScale = r.f64();
  for (let k = 0; k < 3; k++) c.sums[k] = r.f64();
  c.fast.set(r.f64s());
  c.slow.set(r.f64s());
  c.counts.set(r.u16s());
  c.mask.set(r.bytes());
  c.full.set(r.bytes());
  c.dirty.set(r.bytes());
  if (whole === null) {
    Object.assign(c, readPairs(r));
    c.share = r.f32s();
  } else {
    const read = readTouched(r, whole, slots);
    Object.assign(c, read.pairs);
    c.whole = read.whole;
    c.share = new Float32Array(slots);
    for (let s = 0; s < slots; s++) c.share[s] = shareOf(c, s, c.full);
    const owed = r.f32s();
    for (const [k, s] of owedSlots(c).entries()) c.share[s] = owed[k]!;
  }
  c.nextOfFirst = new Int32Array(slots);
  c.nextOfSecond = new Int32Array(slots);
  for (let s = 0; s < slots; s++) c.index[placeOf(c, s)] = s + 1;
  relink(c);
  return c;
}

/** Pairs of labels that came since the last look: their share is of then, all others' is what the numbers say now. */
function owedSlots({ slots, first, second, dirty }: CoOccurrence): number[] {
  const owed: number[] = [];
  for (let s = 0; s < slots; s++) if ((dirty[first[s]!]! | dirty[second[s]!]!) !== 0) owed.push(s);
  return owed;
}
