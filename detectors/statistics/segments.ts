import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import type { Reader, Writer } from "./bytes.ts";

/** Numbers in order, kept as closed segments that never change again and one open one: snapshots write only the open one. */
export interface Segments {
  closed: readonly Part[];
  open: Float64Array;
  /** Numbers in the open segment. */
  used: number;
}

const SEGMENT = 256;

export function createSegments(): Segments {
  return { closed: NONE, open: new Float64Array(8), used: 0 };
}

export function push(s: Segments, x: number): void {
  if (s.used === s.open.length) {
    const grown = new Float64Array(Math.min(SEGMENT, s.open.length * 2));
    grown.set(s.open);
    s.open = grown;
  }
  s.open[s.used++] = x;
  if (s.used < SEGMENT) return;
  s.closed = [...s.closed, makePart(new Uint8Array(s.open.buffer))];
  s.open = new Float64Array(8);
  s.used = 0;
}

export function lengthOf(s: Segments): number {
  return s.closed.length * SEGMENT + s.used;
}

/** Lets the oldest segments go that the newest `keep` numbers do not need. */
export function keepNewest(s: Segments, keep: number): void {
  if (lengthOf(s) - SEGMENT >= keep) s.closed = s.closed.slice(1);
}

/** The newest `most` numbers, oldest first. */
export function numbersOf(s: Segments, most = Number.POSITIVE_INFINITY): Float64Array {
  const all = new Float64Array(lengthOf(s));
  s.closed.forEach((part, i) => {
    all.set(new Float64Array(part.bytes.slice().buffer), i * SEGMENT);
  });
  all.set(s.open.subarray(0, s.used), s.closed.length * SEGMENT);
  return all.length > most ? all.slice(all.length - most) : all;
}

export function writeSegments(w: Writer, s: Segments): void {
  w.array(s.open.subarray(0, s.used));
}

/** The parts are those of the snapshot. */
export function readSegments(r: Reader, parts: readonly Part[]): Segments {
  const numbers = r.f64s();
  const open = new Float64Array(Math.min(SEGMENT, Math.max(8, numbers.length)));
  open.set(numbers);
  return { closed: parts, open, used: numbers.length };
}

const NONE: readonly Part[] = [];
