import type { Onset } from "../../engine/signal.ts";
import { BETS, bet, WEIGHTS } from "./bets.ts";
import { createEvidence, type Evidence, gather, onsetOf, statisticOf } from "./evidence.ts";
import { normalQuantile } from "./normal.ts";
import { type Random, uniform } from "./random.ts";
import { count, countBelow, createRanks, halveRanks, isSingle, type Ranks } from "./ranks.ts";
import { createRecent, moveCounts, RECENT, type Recent, remember } from "./recent.ts";
import { binOf, momentsOf, type Scale, scaleOf } from "./scale.ts";

/**
 * The calibrated core for values that could come in any order: the rank of each among the reference and all since is
 * uniform whatever their distribution, so bets on its normal score have mean 1, and the Shiryaev–Roberts sum of them reaches A
 * once in A events or less. About 1 KiB per key.
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
  /** Counted in the ranks (of a constant reference: events like it). */
  total: number;
  /** Counted events unlike a constant reference. */
  others: number;
  /** All counts are in one bin: no change could show yet. */
  single: boolean;
}

/** Counts are halved at this many, so that they follow slowly and stay small. */
export const HALVE_AT = 20_000;

const e = new Float64Array(BETS);

export function learn(reference: Float64Array): Core {
  const sorted = reference.slice().sort();
  const scale = scaleOf(sorted);
  const { mean, sd } = momentsOf(reference);
  const ranks = createRanks();
  const { median, spread } = scale;
  if (spread > 0) for (const x of reference) count(ranks, binOf(x, median, spread));
  return {
    scale,
    length: reference.length,
    mean,
    sd,
    ranks,
    evidence: createEvidence(BETS),
    recent: createRecent(),
    total: reference.length,
    others: 0,
    single: isSingle(ranks),
  };
}

/** Takes event `index` and returns the statistic. Frozen: the counts stay (an episode is open). One draw of the generator. */
export function observe(core: Core, x: number, index: number, random: Random, frozen: boolean): number {
  const u = uniform(random);
  const { median, spread } = core.scale;
  if (spread === 0) return observeConstant(core, x, index, frozen);
  const { ranks, evidence } = core;
  const bin = binOf(x, median, spread);
  let p = (countBelow(ranks, bin) + u * (ranks[bin]! + 1)) / (core.total + 1);
  if (p < 1e-9) p = 1e-9;
  else if (p > 1 - 1e-9) p = 1 - 1e-9;
  bet(normalQuantile(p), e);
  const statistic = gather(evidence, e, WEIGHTS, core.single ? 0 : 1);
  if (frozen) return statistic;
  remember(core.recent, index, bin, x);
  count(ranks, bin);
  core.total++;
  if (core.total >= HALVE_AT) {
    core.total = halveRanks(ranks, random);
    core.single = isSingle(ranks);
  } else if (core.single && ranks[bin] !== core.total) core.single = false;
  return statistic;
}

// A reference of one value says nothing of how others spread; what counts is how often another comes.
const ODDS = [5, 25, 125, 625] as const;
const SAME = 128;
const OTHER = 255;
const ODDS_WEIGHTS = Float64Array.from({ length: BETS }, (_, b) => (b < ODDS.length ? 1 / ODDS.length : 0));

/** Weights of the bets in use. */
export function weightsOf(core: Core): Float64Array {
  return core.scale.spread === 0 ? ODDS_WEIGHTS : WEIGHTS;
}

export function statisticNow(core: Core): number {
  return statisticOf(core.evidence, weightsOf(core));
}

function observeConstant(core: Core, x: number, index: number, frozen: boolean): number {
  const other = x !== core.scale.median;
  betOther(core, other, e);
  const statistic = gather(core.evidence, e, ODDS_WEIGHTS, core.others === 0 ? 0 : 1);
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

/** Takes the events [from, to] out of what is normal as far back as they are remembered, or (1) puts them back. */
export function shiftCounts(core: Core, from: number, to: number, by: 1 | -1): void {
  if (core.scale.spread > 0) {
    core.total += by * moveCounts(core.recent, from, to, core.ranks, by);
    core.single = isSingle(core.ranks);
    return;
  }
  for (let i = Math.max(from, to - RECENT + 1); i <= to; i++) {
    core.total += by;
    if (core.recent.bins[i % RECENT] === OTHER) core.others = Math.max(0, core.others + by);
  }
}

function betOther(core: Core, other: boolean, out: Float64Array): void {
  const rate = (core.others + 1) / (core.total + 1);
  for (let b = 0; b < ODDS.length; b++) out[b] = (other ? ODDS[b]! : 1) / (1 - rate + ODDS[b]! * rate);
  out.fill(0, ODDS.length);
}

/** When the change began, seen from the newest event `index`; `since` is the first event after the evidence was cleared. */
export function onsetAt(core: Core, index: number, since: number): Onset {
  const { ranks, recent, scale } = core;
  const oldest = Math.max(since, index - RECENT + 1);
  // Each event's bets as they were: back in time the counts lose one event after the other. They get them back below.
  const taken: number[] = [];
  const onset = onsetOf(core.evidence, weightsOf(core), index, oldest === since, (age, out) => {
    if (index - age < oldest) return false;
    const bin = recent.bins[(index - age) % RECENT]!;
    if (scale.spread === 0) {
      betOther(core, bin === OTHER, out);
      return true;
    }
    if (ranks[bin]! > 0) {
      count(ranks, bin, -1);
      taken.push(bin);
    }
    const total = core.total - taken.length;
    bet(normalQuantile((countBelow(ranks, bin) + 0.5 * (ranks[bin]! + 1)) / (total + 1)), out);
    return true;
  });
  for (const bin of taken) count(ranks, bin);
  const clamp = (at: number): number => Math.max(since, at);
  return { index: clamp(onset.index), low: clamp(onset.low), high: clamp(onset.high) };
}
