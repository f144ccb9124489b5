import { link, lookAgain } from "./displacement.ts";
import { keepWhole, touch, type Whole } from "./whole-pairs.ts";

/**
 * How often labels come, and come together, with a fast and a slow memory:
 *   N ← .99 N + y yᵀ,  R ← .999 R + y yᵀ,  J_ij = N_ij / (N_ii + N_jj − N_ij)
 * and since the last reset, as plain counts. Sparse: a slot for each pair that was seen together lately; decay is put off in
 * one factor for all (J does not know it), so an event touches its own pairs only. What moved: displacement.ts.
 */
export interface CoOccurrence {
  /** Labels known; arrays are longer. */
  labels: number;
  /** N′_ii, R′_ii: times the scales below they are N, R. */
  fast: Float64Array;
  slow: Float64Array;
  fastScale: number;
  slowScale: number;
  /** Counts since `since` was 0. */
  counts: Uint16Array;
  /** Events since the last reset, halved with the counts. */
  since: number;
  /** 1: the statistic takes it in. */
  mask: Uint8Array;
  /** Full weight at the last look. */
  full: Uint8Array;
  dirty: Uint8Array;
  /** Slot + 1 of the pair (i < j) at j(j − 1)/2 + i; 0: none. */
  index: Int32Array;
  slots: number;
  first: Uint16Array;
  second: Uint16Array;
  fastPair: Float32Array;
  slowPair: Float32Array;
  pairCounts: Uint16Array;
  /** What each pair adds to its class's sum. */
  share: Float32Array;
  /** Slot + 1 of the next pair of the same first or second label, of pairs that the statistic takes in. */
  nextOfFirst: Int32Array;
  nextOfSecond: Int32Array;
  headOfFirst: Int32Array;
  headOfSecond: Int32Array;
  /** By how many labels of the pair have full weight. */
  readonly sums: Float64Array;
  /** Events until slots are swept and scales made 1. */
  untilSweep: number;
  /** Where there are many pairs: all as they were at the last sweep, and which changed since. */
  whole: Whole | null;
}

export const FAST_DECAY = 0.99;
export const SLOW_DECAY = 0.999;
const SWEEP_EVERY = 1000;
/** A pair not seen together for ~7,000 events leaves. */
const LEAST_PAIR = 1e-3;
/** Counts since the last reset are halved here. */
const MOST_SINCE = 10_000;

export function createCoOccurrence(): CoOccurrence {
  return {
    labels: 0,
    fast: new Float64Array(8),
    slow: new Float64Array(8),
    fastScale: 1,
    slowScale: 1,
    counts: new Uint16Array(8),
    since: 0,
    mask: new Uint8Array(8),
    full: new Uint8Array(8),
    dirty: new Uint8Array(8),
    index: new Int32Array(28),
    slots: 0,
    first: new Uint16Array(16),
    second: new Uint16Array(16),
    fastPair: new Float32Array(16),
    slowPair: new Float32Array(16),
    pairCounts: new Uint16Array(16),
    share: new Float32Array(16),
    nextOfFirst: new Int32Array(16),
    nextOfSecond: new Int32Array(16),
    headOfFirst: new Int32Array(8),
    headOfSecond: new Int32Array(8),
    sums: new Float64Array(3),
    untilSweep: SWEEP_EVERY,
    whole: null,
  };
}

/** Makes room for labels [0, labels); new ones count for the statistic if `counts`. */
export function widenLabels(c: CoOccurrence, labels: number, counts: boolean): void {
  if (labels > c.fast.length) {
    const room = Math.ceil(labels * 1.1) + 8;
    c.fast = longer(c.fast, room);
    c.slow = longer(c.slow, room);
    c.counts = longer(c.counts, room);
    c.mask = longer(c.mask, room);
    c.full = longer(c.full, room);
    c.dirty = longer(c.dirty, room);
    c.headOfFirst = longer(c.headOfFirst, room);
    c.headOfSecond = longer(c.headOfSecond, room);
    c.index = longer(c.index, (room * (room - 1)) / 2);
  }
  for (let i = c.labels; i < labels; i++) c.mask[i] = counts ? 1 : 0;
  c.labels = Math.max(c.labels, labels);
}

/** One event's labels: active[0 … size), different numbers. */
export function count(c: CoOccurrence, active: Uint16Array, size: number): void {
  c.fastScale *= FAST_DECAY;
  c.slowScale *= SLOW_DECAY;
  c.since++;
  const toFast = 1 / c.fastScale;
  const toSlow = 1 / c.slowScale;
  for (let k = 0; k < size; k++) {
    const i = active[k]!;
    c.fast[i] = c.fast[i]! + toFast;
    c.slow[i] = c.slow[i]! + toSlow;
    c.counts[i] = c.counts[i]! + 1;
    c.dirty[i] = 1;
    for (let l = 0; l < k; l++) {
      const s = slotOf(c, i, active[l]!);
      c.fastPair[s] = c.fastPair[s]! + toFast;
      c.slowPair[s] = c.slowPair[s]! + toSlow;
      c.pairCounts[s] = c.pairCounts[s]! + 1;
      if (c.whole !== null) touch(c.whole, s);
    }
  }
  if (c.since >= MOST_SINCE) halve(c);
  if (--c.untilSweep === 0) sweep(c);
}

/** Slot of a pair, or -1. */
export function findSlot(c: CoOccurrence, i: number, j: number): number {
  return c.index[i < j ? (j * (j - 1)) / 2 + i : (i * (i - 1)) / 2 + j]! - 1;
}

function slotOf(c: CoOccurrence, i: number, j: number): number {
  const low = i < j ? i : j;
  const high = i < j ? j : i;
  const at = (high * (high - 1)) / 2 + low;
  const known = c.index[at]!;
  if (known !== 0) return known - 1;
  const s = c.slots++;
  if (s === c.first.length) growSlots(c);
  c.first[s] = low;
  c.second[s] = high;
  c.fastPair[s] = 0;
  c.slowPair[s] = 0;
  c.pairCounts[s] = 0;
  c.share[s] = 0;
  c.index[at] = s + 1;
  link(c, s);
  return s;
}

function growSlots(c: CoOccurrence): void {
  // Never more room than there are pairs.
  const pairs = (c.labels * (c.labels - 1)) / 2;
  const room = Math.max(c.slots, Math.min(Math.ceil(c.first.length * 1.5) + 16, pairs));
  c.first = longer(c.first, room);
  c.second = longer(c.second, room);
  c.fastPair = longer(c.fastPair, room);
  c.slowPair = longer(c.slowPair, room);
  c.pairCounts = longer(c.pairCounts, room);
  c.share = longer(c.share, room);
  c.nextOfFirst = longer(c.nextOfFirst, room);
  c.nextOfSecond = longer(c.nextOfSecond, room);
}

function halve(c: CoOccurrence): void {
  c.since >>= 1;
  for (let i = 0; i < c.labels; i++) c.counts[i] = c.counts[i]! >> 1;
  for (let s = 0; s < c.slots; s++) c.pairCounts[s] = c.pairCounts[s]! >> 1;
  keepWhole(c);
}

/** Scales become 1, pairs long gone leave, sums are taken anew. */
export function sweep(c: CoOccurrence): void {
  rescale(c);
  let kept = 0;
  for (let s = 0; s < c.slots; s++) {
    if (c.slowPair[s]! < LEAST_PAIR) {
      c.index[placeOf(c, s)] = 0;
      continue;
    }
    if (kept !== s) {
      move(c, s, kept);
      c.index[placeOf(c, kept)] = kept + 1;
    }
    kept++;
  }
  c.slots = kept;
  lookAgain(c);
  keepWhole(c);
}

function rescale(c: CoOccurrence): void {
  const { labels, slots, fastScale, slowScale } = c;
  for (let i = 0; i < labels; i++) {
    c.fast[i] = c.fast[i]! * fastScale;
    c.slow[i] = c.slow[i]! * slowScale;
  }
  for (let s = 0; s < slots; s++) {
    c.fastPair[s] = c.fastPair[s]! * fastScale;
    c.slowPair[s] = c.slowPair[s]! * slowScale;
  }
  c.fastScale = 1;
  c.slowScale = 1;
  c.untilSweep = SWEEP_EVERY;
}

export function placeOf(c: CoOccurrence, s: number): number {
  const high = c.second[s]!;
  return (high * (high - 1)) / 2 + c.first[s]!;
}

function move(c: CoOccurrence, from: number, to: number): void {
  c.first[to] = c.first[from]!;
  c.second[to] = c.second[from]!;
  c.fastPair[to] = c.fastPair[from]!;
  c.slowPair[to] = c.slowPair[from]!;
  c.pairCounts[to] = c.pairCounts[from]!;
}

/** What is normal from now on is what N says: R ← N, counts from 0. */
export function forgetSlow(c: CoOccurrence): void {
  rescale(c);
  c.slow.set(c.fast);
  c.slowPair.set(c.fastPair);
  c.counts.fill(0);
  c.pairCounts.fill(0);
  c.since = 0;
  c.mask.fill(1, 0, c.labels);
  sweep(c);
}

/** Takes a label out: its number is free for another. */
export function forgetLabel(c: CoOccurrence, i: number): void {
  for (let s = 0; s < c.slots; s++) {
    if (c.first[s] === i || c.second[s] === i) c.fastPair[s] = c.slowPair[s] = c.pairCounts[s] = 0;
  }
  c.fast[i] = 0;
  c.slow[i] = 0;
  c.counts[i] = 0;
  sweep(c);
}

/** Jaccard index of a pair in the fast and the slow memory. */
export function jaccardsOf(c: CoOccurrence, i: number, j: number): { fast: number; slow: number } {
  const s = findSlot(c, i, j);
  if (s < 0) return { fast: 0, slow: 0 };
  const n = c.fastPair[s]!;
  const r = c.slowPair[s]!;
  return { fast: n / (c.fast[i]! + c.fast[j]! - n), slow: r / (c.slow[i]! + c.slow[j]! - r) };
}

function longer<A extends Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array>(a: A, room: number): A {
  const made = new (a.constructor as new (n: number) => A)(room);
  made.set(a as never);
  return made;
}
