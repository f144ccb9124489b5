import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";

/** What a pair's slot holds, in arrays over slots. */
export interface Pairs {
  slots: number;
  first: Uint16Array;
  second: Uint16Array;
  fastPair: Float32Array;
  slowPair: Float32Array;
  pairCounts: Uint16Array;
}

/**
 * All pairs at a moment that the stream alone decides, and the slots that changed since. A snapshot has them as a part,
 * written once, and the few that changed: with thousands of labels and few events a second it is much less than all.
 */
export interface Whole {
  readonly bytes: Uint8Array;
  /** Hashed when it is first asked for: on a fast stream most are never written. */
  part: Part | null;
  /** In the order in which they first changed. */
  readonly touched: number[];
  isTouched: Uint8Array;
}

/** With fewer, a snapshot has them all. */
export const MANY_PAIRS = 4096;

export function keepWhole(c: Pairs & { whole: Whole | null }): void {
  if (c.slots < MANY_PAIRS) {
    c.whole = null;
    return;
  }
  const w = createWriter(64 + 14 * c.slots);
  writePairs(w, c);
  c.whole = { bytes: w.done(), part: null, touched: [], isTouched: new Uint8Array(c.first.length) };
}

export function touch(whole: Whole, slot: number): void {
  if (slot >= whole.isTouched.length) {
    const longer = new Uint8Array(Math.ceil(slot * 1.5));
    longer.set(whole.isTouched);
    whole.isTouched = longer;
  }
  if (whole.isTouched[slot] !== 0) return;
  whole.isTouched[slot] = 1;
  whole.touched.push(slot);
}

export function partOfWhole(whole: Whole): Part {
  whole.part ??= makePart(whole.bytes);
  return whole.part;
}

export function writePairs(w: Writer, { slots, first, second, fastPair, slowPair, pairCounts }: Pairs): void {
  w.array(first.subarray(0, slots));
  w.array(second.subarray(0, slots));
  w.array(fastPair.subarray(0, slots));
  w.array(slowPair.subarray(0, slots));
  w.array(pairCounts.subarray(0, slots));
}

export function readPairs(r: Reader): Pairs {
  const first = r.u16s();
  return {
    slots: first.length,
    first,
    second: r.u16s(),
    fastPair: r.f32s(),
    slowPair: r.f32s(),
    pairCounts: r.u16s(),
  };
}

export function writeTouched(w: Writer, c: Pairs, { touched }: Whole): void {
  const at = Uint32Array.from(touched);
  const u16 = (a: Uint16Array): Uint16Array => Uint16Array.from(at, (s) => a[s]!);
  const f32 = (a: Float32Array): Float32Array => Float32Array.from(at, (s) => a[s]!);
  w.array(at);
  const { first, second, fastPair, slowPair, pairCounts } = c;
  writePairs(w, {
    slots: at.length,
    first: u16(first),
    second: u16(second),
    fastPair: f32(fastPair),
    slowPair: f32(slowPair),
    pairCounts: u16(pairCounts),
  });
}

/** `slots`: as many as there are by now; those that came since the part was made are among the changed. */
export function readTouched(r: Reader, part: Part, slots: number): { pairs: Pairs; whole: Whole } {
  const old = readPairs(createReader(part.bytes));
  const pairs: Pairs = {
    slots,
    first: new Uint16Array(slots),
    second: new Uint16Array(slots),
    fastPair: new Float32Array(slots),
    slowPair: new Float32Array(slots),
    pairCounts: new Uint16Array(slots),
  };
  const touched = [...r.u32s()];
  const changed = readPairs(r);
  for (const name of ["first", "second", "fastPair", "slowPair", "pairCounts"] as const) {
    pairs[name].set(old[name]);
    for (const [k, s] of touched.entries()) pairs[name][s] = changed[name][k]!;
  }
  const isTouched = new Uint8Array(slots);
  for (const s of touched) isTouched[s] = 1;
  return { pairs, whole: { bytes: part.bytes, part, touched, isTouched } };
}
