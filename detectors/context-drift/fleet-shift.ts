import type { Onset } from "../../engine/signal.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import { type Evidence, evidenceLength, gather, onsetOf, statisticOf } from "../statistics/evidence.ts";
import { normalQuantile } from "../statistics/normal.ts";
import { type Random, uniform } from "../statistics/random.ts";
import { BINS, count, countBelow, halveRanks, isSingle, RANKS_LENGTH, type Ranks } from "../statistics/ranks.ts";
import { binOf, type Scale, scaleOf } from "../statistics/scale.ts";

/**
 * Has the fleet's level moved? The rank of each closed conversation's mean among the reference and what closed since is
 * uniform while nothing changed; bets exp(dz − d²/2) on its normal score, d = ±{.25,.5,1,1.5}, summed as
 * R_b ← (R_b + 1)·e_b (Shiryaev–Roberts), alarm at the promised number of conversations.
 */
export interface FleetShift {
  readonly scale: Scale;
  readonly ranks: Ranks;
  readonly evidence: Evidence;
  /** Bins of the last closings by number modulo RECENT, and the key's event index of each. */
  readonly bins: Uint8Array;
  readonly closedAt: Float64Array;
  /** Closed conversations since the reference. */
  seen: number;
  /** Counted as normal. */
  total: number;
  /** Newest ones not counted yet. */
  waiting: number;
  single: boolean;
  /** Number at which the evidence began. */
  since: number;
  open: OpenShift | null;
}

export interface OpenShift {
  /** Number of the closing that alarmed, and of the onset. */
  readonly at: number;
  readonly onset: number;
  /** Last closing at which the statistic was not quiet. */
  loud: number;
  /** Mean of the reference, and of what closed since the onset. */
  readonly before: number;
  readonly after: number;
}

const SHIFTS = [0.25, 0.5, 1, 1.5];
const BETS = 2 * SHIFTS.length;
const WEIGHTS = new Float64Array(BETS).fill(1 / BETS);
const RECENT = 256;
/** A conversation counts as normal once so many have closed after it. */
const WAIT = 64;
const HALVE_AT = 20_000;
/** Quiet conversations that end an alarm. */
const LEAST_QUIET = 100;

const e = new Float64Array(BETS);

export function learnFleet(means: Float64Array): FleetShift {
  const scale = scaleOf(means.slice().sort());
  const shift = blank(scale);
  if (scale.spread > 0) for (const mean of means) count(shift.ranks, binOf(mean, scale.median, scale.spread));
  shift.total = means.length;
  shift.single = isSingle(shift.ranks);
  return shift;
}

function blank(scale: Scale): FleetShift {
  return {
    scale,
    ranks: new Uint16Array(RANKS_LENGTH),
    evidence: new Float32Array(evidenceLength(BETS)),
    bins: new Uint8Array(RECENT),
    closedAt: new Float64Array(RECENT),
    seen: 0,
    total: 0,
    waiting: 0,
    single: true,
    since: 0,
    open: null,
  };
}

/** Takes the mean of a closed conversation, closed by the key's event `index`; returns the statistic. */
export function observeFleet(s: FleetShift, mean: number, index: number, random: Random): number {
  const u = uniform(random);
  const { median, spread } = s.scale;
  const bin = spread > 0 ? binOf(mean, median, spread) : BINS / 2;
  const varies = s.single ? 0 : 1;
  betOn(s, bin, u, e);
  const statistic = gather(s.evidence, e, WEIGHTS, varies);
  if (s.single && spread > 0 && s.ranks[bin] === 0) s.single = false;
  const number = s.seen++;
  if (s.open === null) {
    if (s.waiting < WAIT) s.waiting++;
    else {
      count(s.ranks, s.bins[(number - WAIT) % RECENT]!);
      s.total++;
      if (s.total >= HALVE_AT) s.total = halveRanks(s.ranks, random);
    }
  }
  s.bins[number % RECENT] = bin;
  s.closedAt[number % RECENT] = index;
  return statistic;
}

function betOn({ ranks, total }: FleetShift, bin: number, u: number, out: Float64Array): void {
  const p = (countBelow(ranks, bin) + u * (ranks[bin]! + 1)) / (total + 1);
  const z = normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, p)));
  SHIFTS.forEach((d, i) => {
    out[i] = Math.exp(d * z - (d * d) / 2);
    out[SHIFTS.length + i] = Math.exp(-d * z - (d * d) / 2);
  });
}

export function fleetStatistic(s: FleetShift): number {
  return statisticOf(s.evidence, WEIGHTS);
}

/** Share of the evidence that says upwards. */
export function upwards(s: FleetShift): number {
  let up = 0;
  for (let i = 0; i < SHIFTS.length; i++) up += s.evidence[i]!;
  const all = fleetStatistic(s) * BETS;
  return all > 0 ? up / all : 0.5;
}

/** When it began, as numbers of closings. */
export function shiftOnset(s: FleetShift): Onset {
  const { index, low, high } = onsetOf(s.evidence, WEIGHTS, s.seen - 1);
  const clamp = (at: number): number => Math.max(s.since, at);
  return { index: clamp(index), low: clamp(low), high: clamp(high) };
}

/** The key's event index at which a conversation closed, as far back as is remembered. */
export function indexOfClosing(s: FleetShift, number: number): number {
  const at = Math.min(s.seen - 1, Math.max(number, s.seen - RECENT, 0));
  return s.closedAt[at % RECENT]!;
}

/** Evidence starts anew; ranks stay as they are while the alarm is open. */
export function openShift(s: FleetShift, onset: Onset, before: number, after: number): void {
  s.evidence.fill(0);
  s.since = s.seen;
  s.waiting = 0;
  const at = s.seen - 1;
  s.open = { at, onset: Math.max(0, onset.index), loud: at, before, after };
}

/** True when the statistic has stayed below a tenth of the threshold for long enough; a second crossing starts it anew. */
export function isQuiet(s: FleetShift, statistic: number, threshold: number): boolean {
  const open = s.open;
  if (open === null) return false;
  const number = s.seen - 1;
  if (statistic >= Math.max(threshold / 10, Math.min(threshold / 2, 1000))) open.loud = number;
  if (statistic >= threshold) {
    s.evidence.fill(0);
    s.since = s.seen;
  }
  return number - open.loud >= Math.max(LEAST_QUIET, 2 * (open.at - open.onset));
}

export function closeShift(s: FleetShift): void {
  s.evidence.fill(0);
  s.since = s.seen;
  s.waiting = 0;
  s.open = null;
}

export function saveFleetShift(s: FleetShift, w: Writer): void {
  w.f64(s.scale.median);
  w.f64(s.scale.spread);
  w.array(s.ranks);
  w.array(s.evidence);
  w.array(s.bins);
  w.array(s.closedAt);
  w.f64(s.seen);
  w.u32(s.total);
  w.u32(s.waiting);
  w.u8(s.single ? 1 : 0);
  w.f64(s.since);
  w.text(JSON.stringify(s.open));
}

export function loadFleetShift(r: Reader): FleetShift {
  const scale = { median: r.f64(), spread: r.f64() };
  return {
    scale,
    ranks: r.u16s(),
    evidence: r.f32s(),
    bins: r.bytes(),
    closedAt: r.f64s(),
    seen: r.f64(),
    total: r.u32(),
    waiting: r.u32(),
    single: r.u8() === 1,
    since: r.f64(),
    open: JSON.parse(r.text()) as OpenShift | null,
  };
}
