import type { Onset } from "../../engine/signal.ts";
import { BETS, bet, GROWING, WEIGHTS } from "./bets.ts";
import { BIT_WEIGHTS, type Bits, betBit, bitOf, bitsOf, codeOf, countBit, halveBits, learnBit } from "./bits.ts";
import { type Cells, createCells } from "./cells.ts";
import { evidenceLength, gather, onsetOf, statisticOf } from "./evidence.ts";
import { normalQuantile } from "./normal.ts";
import { betOther, isOther, OTHER, OTHER_WEIGHTS, SAME } from "./others.ts";
import { type Random, uniform } from "./random.ts";
import { count, countBelow, halveRanks, isSingle } from "./ranks.ts";
import { binAt, EXACT, exactAt, type Ring, rememberBin, rememberExact } from "./recent.ts";
import { binOf, type Moments, momentsOf, type Scale, scaleOf, valueAt } from "./scale.ts";

/**
 * The calibrated core for values that could come in any order: the rank of each among the reference and what came since is
 * uniform whatever their distribution, so bets on its normal score have mean 1, and the Shiryaev–Roberts sum of them reaches A
 * after A events or more on average. Events count as normal only when they are a while old: a change does not hide itself.
 */
export interface Core extends Cells {
  /** Of what is ranked: the values, or their residuals. */
  readonly scale: Scale;
  /** Of the values themselves. */
  readonly place: Scale;
  /** Length, mean and standard deviation of the reference. */
  readonly length: number;
  readonly mean: number;
  readonly sd: number;
  /** Bins of the newest events. */
  readonly ring: Ring;
  /** Counted as normal. */
  total: number;
  /** Newest events that are not yet counted. */
  waiting: number;
  /** Of a constant reference: counted events of another value. */
  others: number;
  /** Of a reference of zeros and ones, which are watched as such. */
  readonly bits: Bits | null;
  /** All that was seen is in one bin: no change could show yet. */
  single: boolean;
}

/** Counts are halved at this many, so that they follow slowly and stay small. */
export const HALVE_AT = 20_000;

/** Bins that are remembered, where values are ranked and where their residuals are. */
export const RING: Ring = Object.freeze({ at: 0, length: 256 });
export const SHORT_RING: Ring = Object.freeze({ at: 0, length: 128 });

const EVIDENCE = evidenceLength(BETS);
/** Floats of the core: evidence, then the newest values. */
export const CORE_FLOATS = EVIDENCE + EXACT;

const e = new Float64Array(BETS);

/** What the values were, where what is ranked is not they themselves, and the cells to use. */
export interface Origin {
  readonly cells: Cells;
  readonly place: Scale;
  readonly moments: Moments;
}

export function learn(reference: Float64Array, origin: Origin | null = null): Core {
  const scale = scaleOf(reference.slice().sort());
  const { words, counts, floats } = origin?.cells ?? createCells(RING.length, CORE_FLOATS);
  const { mean, sd } = origin?.moments ?? momentsOf(reference);
  // Spread into a literal each key's object would get a hidden class of its own, which is half a KiB.
  const core: Core = {
    words,
    counts,
    floats,
    scale,
    place: origin?.place ?? scale,
    length: reference.length,
    mean,
    sd,
    ring: origin ? SHORT_RING : RING,
    total: reference.length,
    waiting: 0,
    others: 0,
    bits: origin ? null : bitsOf(reference),
    single: true,
  };
  const { median, spread } = scale;
  if (spread > 0 && !core.bits) for (const x of reference) count(core.counts, binOf(x, median, spread));
  core.single = isSingle(core.counts);
  return core;
}

/**
 * Takes event `index` and returns the statistic. Frozen: what is normal stays (an episode is open). One draw, used or not.
 * `value` is what x was made of; `temper` is V: bets are taken to the power 1/V.
 */
export function observe(
  core: Core,
  x: number,
  index: number,
  random: Random,
  frozen: boolean,
  value = x,
  temper = 1,
): number {
  const u = uniform(random);
  const { median, spread } = core.scale;
  if (core.bits) return observeBit(core, core.bits, x, index, frozen);
  if (spread === 0) return observeConstant(core, x, index, frozen);
  const { counts } = core;
  const bin = binOf(x, median, spread);
  const p = (countBelow(counts, bin) + u * (counts[bin]! + 1)) / (core.total + 1);
  bet(normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, p))), e, temper);
  const statistic = gather(core.floats, e, WEIGHTS, core.single ? 0 : 1);
  if (core.single && counts[bin] === 0) core.single = false;
  if (frozen) return statistic;
  if (core.waiting < Math.min(core.ring.length, core.length >>> 2)) core.waiting++;
  else {
    count(counts, binAt(core.words, core.ring, index - core.waiting));
    core.total++;
    if (core.total >= HALVE_AT) core.total = halveRanks(counts, random);
  }
  remember(core, index, bin, value);
  return statistic;
}

function observeConstant(core: Core, x: number, index: number, frozen: boolean): number {
  const other = isOther(core, x);
  betOther(core, other, e);
  const statistic = gather(core.floats, e, OTHER_WEIGHTS, core.others === 0 ? 0 : 1);
  if (frozen) return statistic;
  remember(core, index, other ? OTHER : SAME, x);
  core.total++;
  if (other) core.others++;
  if (core.total >= HALVE_AT) {
    core.total >>>= 1;
    core.others = (core.others + 1) >>> 1;
  }
  return statistic;
}

function observeBit(core: Core, bits: Bits, x: number, index: number, frozen: boolean): number {
  const bit = bitOf(x);
  const code = codeOf(bits, bit);
  bits.last = bit;
  betBit(bits, code, e);
  const statistic = gather(core.floats, e, BIT_WEIGHTS, 1);
  if (frozen) return statistic;
  remember(core, index, code, x);
  learnBit(bits, code);
  core.total++;
  if (core.total >= HALVE_AT) {
    core.total >>>= 1;
    halveBits(bits);
  }
  return statistic;
}

function remember(core: Core, index: number, bin: number, value: number): void {
  rememberBin(core.words, core.ring, index, bin);
  rememberExact(core.floats, EVIDENCE, index, value, core.place);
}

/** Weights of the bets in use. */
export function weightsOf(core: Core): Float64Array {
  if (core.bits) return BIT_WEIGHTS;
  return core.scale.spread === 0 ? OTHER_WEIGHTS : WEIGHTS;
}

export function statisticNow(core: Core): number {
  return statisticOf(core.floats, weightsOf(core));
}

/** Nothing has been seen yet that speaks for a change. */
export function clearEvidence(core: Core): void {
  core.floats.fill(0, 0, EVIDENCE);
}

/**
 * When the change began, seen from the newest event `index`; `since` is the first event after the evidence was cleared. The interval
 * holds whether it came at once or grew.
 */
export function onsetAt(core: Core, index: number, since: number): Onset {
  const growing = !core.bits && core.scale.spread === 0 ? null : GROWING;
  const onset = onsetOf(core.floats, weightsOf(core), index, growing);
  const clamp = (at: number): number => Math.max(since, at);
  return { index: clamp(onset.index), low: clamp(onset.low), high: clamp(onset.high) };
}

/** At an alarm of event `index`: what came before the onset is normal, what came since is not (as far back as it is remembered). */
export function settle(core: Core, onset: number, index: number): void {
  const counted = index - core.waiting;
  for (let i = Math.max(0, index - core.ring.length + 1); i <= index; i++) {
    if (i < onset && i > counted) recount(core, i, 1);
    else if (i >= onset && i <= counted) recount(core, i, -1);
  }
  core.waiting = 0;
}

/** The alarm of event `index` was none: what came since its onset is normal after all. */
export function unsettle(core: Core, onset: number, index: number): void {
  for (let i = Math.max(0, onset, index - core.ring.length + 1); i <= index; i++) recount(core, i, 1);
}

function recount(core: Core, index: number, by: 1 | -1): void {
  const bin = binAt(core.words, core.ring, index);
  if (core.bits) countBit(core.bits, bin, by);
  else if (core.scale.spread === 0) {
    if (bin === OTHER) core.others = Math.max(0, core.others + by);
  } else {
    if (by < 0 && core.counts[bin] === 0) return;
    count(core.counts, bin, by);
  }
  core.total += by;
}

/**
 * The values of the events [from, to] as far back as they are remembered, oldest first: exact where few, else from bins (a
 * change that took long to see is small, and there the bins are fine). `binned`: the value of an event by its bin.
 */
export function recentValues(
  core: Core,
  from: number,
  to: number,
  binned: (index: number) => number = (index) =>
    core.bits
      ? binAt(core.words, core.ring, index) & 1
      : valueAt(binAt(core.words, core.ring, index), core.scale.median, core.scale.spread),
): Float64Array {
  const onlyExact = to - from < EXACT || (!core.bits && core.place.spread === 0);
  const first = Math.max(from, to - (onlyExact ? EXACT : core.ring.length) + 1);
  return Float64Array.from({ length: to - first + 1 }, (_, i) => {
    const index = first + i;
    return !core.bits && to - index < EXACT ? exactAt(core.floats, EVIDENCE, index, core.place) : binned(index);
  });
}
