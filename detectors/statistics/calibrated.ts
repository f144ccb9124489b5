import type { Onset } from "../../engine/signal.ts";
import { BETS, bet, WEIGHTS } from "./bets.ts";
import { BIT_WEIGHTS, type Bits, betBit, bitOf, bitsOf, codeOf, countBit, halveBits, learnBit } from "./bits.ts";
import { type Evidence, evidenceLength, gather, onsetOf, statisticOf } from "./evidence.ts";
import { normalQuantile } from "./normal.ts";
import { betOther, isOther, OTHER, OTHER_WEIGHTS, SAME } from "./others.ts";
import { type Random, uniform } from "./random.ts";
import { count, countBelow, halveRanks, isSingle, RANKS_LENGTH, type Ranks } from "./ranks.ts";
import { EXACT, RECENT, type Recent, remember, valuesSince } from "./recent.ts";
import { binOf, type Moments, momentsOf, type Scale, scaleOf } from "./scale.ts";

/**
 * The calibrated core for values that could come in any order: the rank of each among the reference and what came since is
 * uniform whatever their distribution, so bets on its normal score have mean 1, and the Shiryaev–Roberts sum of them reaches A
 * after A events or more on average. Events count as normal only when they are a while old: a change does not hide itself.
 */
export interface Core {
  readonly scale: Scale;
  /** Length, mean and standard deviation of the reference. */
  readonly length: number;
  readonly mean: number;
  readonly sd: number;
  readonly ranks: Ranks;
  readonly evidence: Evidence;
  readonly recent: Recent;
  /** Counted as normal. */
  total: number;
  /** Newest events that are not yet counted. */
  waiting: number;
  /** Of a constant reference: counted events of another value. */
  others: number;
  /** Of a reference of zeros and ones, which are watched as such. */
  readonly bits: Bits | null;
  /** V: bets are taken to the power 1/V. */
  temper: number;
  /** All that was seen is in one bin: no change could show yet. */
  single: boolean;
}

/** Counts are halved at this many, so that they follow slowly and stay small. */
export const HALVE_AT = 20_000;

const e = new Float64Array(BETS);

/** `of`: what the reference's mean and spread are said to be, where it is not what came in. */
export function learn(reference: Float64Array, of: Moments = momentsOf(reference)): Core {
  const scale = scaleOf(reference.slice().sort());
  const core: Core = {
    scale,
    length: reference.length,
    mean: of.mean,
    sd: of.sd,
    ...allocate(),
    total: reference.length,
    waiting: 0,
    others: 0,
    bits: bitsOf(reference),
    temper: 1,
    single: true,
  };
  const { median, spread } = scale;
  if (spread > 0 && !core.bits) for (const x of reference) count(core.ranks, binOf(x, median, spread));
  core.single = isSingle(core.ranks);
  return core;
}

/** One buffer for all arrays: a hundred thousand keys would pay for each of theirs. */
export function allocate(): Pick<Core, "evidence" | "ranks" | "recent"> {
  const evidence = evidenceLength(BETS);
  const buffer = new ArrayBuffer(8 * evidence + 8 * EXACT + 2 * RANKS_LENGTH + RECENT);
  let at = 0;
  const next = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  return {
    evidence: new Float64Array(buffer, next(8 * evidence), evidence),
    recent: {
      values: new Float64Array(buffer, next(8 * EXACT), EXACT),
      bins: new Uint8Array(buffer, next(RECENT), RECENT),
    },
    ranks: new Uint16Array(buffer, next(2 * RANKS_LENGTH), RANKS_LENGTH),
  };
}

/** Takes event `index` and returns the statistic. Frozen: what is normal stays (an episode is open). One draw, used or not. `as` is what is remembered for x. */
export function observe(core: Core, x: number, index: number, random: Random, frozen: boolean, as = x): number {
  const u = uniform(random);
  const { median, spread } = core.scale;
  if (core.bits) return observeBit(core, core.bits, x, index, frozen);
  if (spread === 0) return observeConstant(core, x, index, frozen);
  const { ranks } = core;
  const bin = binOf(x, median, spread);
  const s = core.single ? 0 : 1;
  betOnBin(core, bin, u, e);
  const statistic = gather(core.evidence, e, WEIGHTS, s);
  if (core.single && ranks[bin] === 0) core.single = false;
  if (frozen) return statistic;
  if (core.waiting < Math.min(RECENT, core.length >>> 2)) core.waiting++;
  else {
    count(ranks, core.recent.bins[(index - core.waiting) % RECENT]!);
    core.total++;
    if (core.total >= HALVE_AT) core.total = halveRanks(ranks, random);
  }
  remember(core.recent, index, bin, as);
  return statistic;
}

function betOnBin({ ranks, total, temper }: Core, bin: number, u: number, out: Float64Array): void {
  const p = (countBelow(ranks, bin) + u * (ranks[bin]! + 1)) / (total + 1);
  bet(normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, p))), out, temper);
}

function observeConstant(core: Core, x: number, index: number, frozen: boolean): number {
  const other = isOther(core, x);
  betOther(core, other, e);
  const statistic = gather(core.evidence, e, OTHER_WEIGHTS, core.others === 0 ? 0 : 1);
  if (frozen) return statistic;
  remember(core.recent, index, other ? OTHER : SAME, x);
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
  const statistic = gather(core.evidence, e, BIT_WEIGHTS, 1);
  if (frozen) return statistic;
  remember(core.recent, index, code, x);
  learnBit(bits, code);
  core.total++;
  if (core.total >= HALVE_AT) {
    core.total >>>= 1;
    halveBits(bits);
  }
  return statistic;
}

/** Weights of the bets in use. */
export function weightsOf(core: Core): Float64Array {
  if (core.bits) return BIT_WEIGHTS;
  return core.scale.spread === 0 ? OTHER_WEIGHTS : WEIGHTS;
}

export function statisticNow(core: Core): number {
  return statisticOf(core.evidence, weightsOf(core));
}

/** When the change began, seen from the newest event `index`; `since` is the first event after the evidence was cleared. */
export function onsetAt(core: Core, index: number, since: number): Onset {
  const { recent, scale } = core;
  const oldest = Math.max(since, index - RECENT + 1);
  const onset = onsetOf(core.evidence, weightsOf(core), index, oldest === since, (age, out) => {
    if (index - age < oldest) return false;
    const bin = recent.bins[(index - age) % RECENT]!;
    if (core.bits) betBit(core.bits, bin, out);
    else if (scale.spread === 0) betOther(core, bin === OTHER, out);
    else betOnBin(core, bin, 0.5, out);
    return true;
  });
  const clamp = (at: number): number => Math.max(since, at);
  return { index: clamp(onset.index), low: clamp(onset.low), high: clamp(onset.high) };
}

/** At an alarm of event `index`: what came before the onset is normal, what came since is not (as far back as it is remembered). */
export function settle(core: Core, onset: number, index: number): void {
  const counted = index - core.waiting;
  for (let i = Math.max(0, index - RECENT + 1); i <= index; i++) {
    if (i < onset && i > counted) recount(core, i, 1);
    else if (i >= onset && i <= counted) recount(core, i, -1);
  }
  core.waiting = 0;
}

/** The alarm of event `index` was none: what came since its onset is normal after all. */
export function unsettle(core: Core, onset: number, index: number): void {
  for (let i = Math.max(0, onset, index - RECENT + 1); i <= index; i++) recount(core, i, 1);
}

function recount(core: Core, index: number, by: 1 | -1): void {
  const bin = core.recent.bins[index % RECENT]!;
  if (core.bits) countBit(core.bits, bin, by);
  else if (core.scale.spread === 0) {
    if (bin === OTHER) core.others = Math.max(0, core.others + by);
  } else {
    if (by < 0 && core.ranks[bin] === 0) return;
    count(core.ranks, bin, by);
  }
  core.total += by;
}

/** The values of the events [from, to] as far back as they are remembered, oldest first. */
export function recentValues(core: Core, from: number, to: number): Float64Array {
  if (!core.bits) return valuesSince(core.recent, from, to, core.scale);
  const first = Math.max(from, to - RECENT + 1);
  return Float64Array.from({ length: to - first + 1 }, (_, i) => core.recent.bins[(first + i) % RECENT]! & 1);
}
