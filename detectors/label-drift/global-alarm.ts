import type { Reader, Writer } from "../statistics/bytes.ts";
import { type Random, uniform } from "../statistics/random.ts";
import type { CoOccurrence } from "./co-occurrence.ts";
import { lookAgain } from "./displacement.ts";
import { HALVES, halfOf, LOOK_EVERY, levelPassedOnceIn, REPLICAS, replay, type Sample } from "./replay.ts";

/**
 * When the displacement is too much. The label sets of the first events after a reset are the sample; then one replica a few
 * events, until the threshold is known. Where the sample knows fewer than two labels well there is none (company.ts then).
 */
export interface GlobalAlarm {
  /** Events since the last reset. */
  since: number;
  /** Label sets so far; null once the threshold is known. */
  sets: number[] | null;
  starts: number[];
  /** Prepared for replicas; made from the sets when they are complete. */
  sample: Sample | null;
  maxima: number[];
  levels: number[];
  /** Whether the sample knows labels well; meant once it is complete. */
  replays: boolean;
  /** Mean log s of the replicas. */
  level: number;
  /** By how much log s is greater for the law than for its sample. */
  bias: number;
  statistic: number;
  /** Newest looks at s, a ring. */
  readonly recent: Float64Array;
}

export const MOST_WATCHED = 256;
/** Sightings in the sample of a label that is known well. */
const WELL_KNOWN = 20;
const EVENTS_PER_REPLICA = 2;
const RECENT = 128;

export function createGlobalAlarm(): GlobalAlarm {
  return {
    since: 0,
    sets: [],
    starts: [0],
    sample: null,
    maxima: [],
    levels: [],
    replays: true,
    level: 0,
    bias: 0,
    statistic: 0,
    recent: new Float64Array(RECENT),
  };
}

/** All anew but the looks of late. */
export function restart(a: GlobalAlarm): void {
  const { recent, statistic } = a;
  Object.assign(a, createGlobalAlarm(), { recent, statistic });
}

/** Before the event's labels change anything else. True when the sample has become complete. */
export function collect(
  a: GlobalAlarm,
  active: Uint16Array,
  size: number,
  first: number,
  c: CoOccurrence,
  random: Random,
): boolean {
  a.since++;
  if (a.sets !== null && a.starts.length <= first) {
    for (let k = 0; k < size; k++) a.sets.push(active[k]!);
    a.starts.push(a.sets.length);
    if (a.starts.length <= first) return false;
    settle(a, c);
    return true;
  }
  if (a.sample !== null && a.since % EVENTS_PER_REPLICA === 0) {
    const half = a.levels.length - REPLICAS;
    const { maxima, level } = replay(half < 0 ? a.sample : halfOf(a.sample, half % 2 === 0 ? 0 : 1), random);
    if (half < 0) a.maxima.push(...maxima);
    a.levels.push(level);
    if (a.levels.length >= REPLICAS + HALVES) {
      a.level = mean(a.levels.slice(0, REPLICAS));
      a.bias = Math.max(0, a.level - mean(a.levels.slice(REPLICAS)));
      a.levels = [];
      a.sample = null;
      a.sets = null;
    }
  } else uniform(random);
  return false;
}

/** The sample is complete: which labels it knows well is what the statistic is over from now on. */
function settle(a: GlobalAlarm, c: CoOccurrence): void {
  a.sample = sampleOf(a, c.labels);
  a.replays = a.sample !== null;
  c.mask.fill(0, 0, c.labels);
  if (a.replays) for (const i of watchedOf(a, c.labels)) c.mask[i] = 1;
  lookAgain(c);
}

function mean(values: readonly number[]): number {
  return values.reduce((x, y) => x + y, 0) / values.length;
}

/** The labels known well, the most frequent ones if there are too many, ascending. */
function watchedOf(a: GlobalAlarm, labels: number): number[] {
  const seen = new Uint32Array(labels);
  for (const i of a.sets!) seen[i] = seen[i]! + 1;
  return [...seen.keys()]
    .filter((i) => seen[i]! >= WELL_KNOWN)
    .sort((i, j) => seen[j]! - seen[i]! || i - j)
    .slice(0, MOST_WATCHED)
    .sort((i, j) => i - j);
}

function sampleOf(a: GlobalAlarm, labels: number): Sample | null {
  const watched = watchedOf(a, labels);
  if (watched.length < 2) return null;
  const rank = new Map(watched.map((label, i) => [label, i]));
  const flat: number[] = [];
  const starts = [0];
  for (let set = 0; set + 1 < a.starts.length; set++) {
    const known = a.sets!.slice(a.starts[set], a.starts[set + 1]).flatMap((i) => rank.get(i) ?? []);
    flat.push(...known.sort((i, j) => i - j));
    starts.push(flat.length);
  }
  return { labels: Uint16Array.from(flat), starts: Uint32Array.from(starts), watched: watched.length };
}

/** A look at s; called every LOOK_EVERY events. */
export function look(a: GlobalAlarm, s: number): void {
  a.statistic = s;
  a.recent.copyWithin(0, 1);
  a.recent[RECENT - 1] = s;
}

/** The level of s that alarms, or null while it is not known. `promise`: events. */
export function thresholdOf(a: GlobalAlarm, promise: number): number | null {
  if (!a.replays || a.sets !== null) return null;
  return Math.exp(a.bias) * levelPassedOnceIn(a.maxima, promise * CAUTION);
}

/** What s is like when nothing changes. */
export function usualOf(a: GlobalAlarm): number {
  return Math.exp(a.level + a.bias);
}

/** Of the way from what is usual to the threshold, in log s. */
const ONSET_SHARE = 0.35;

/** The sample knows its law with an error of its own. */
const CAUTION = 1.5;

/**
 * Looks back from an alarm to when s left what is usual: the newest look at or below it began before the change was felt.
 * Returns how many events ago.
 */
export function eventsSinceUsual(a: GlobalAlarm, threshold: number): number {
  const low = Math.max(usualOf(a), 1e-12);
  const usual = low * (threshold / low) ** ONSET_SHARE;
  for (let k = RECENT - 1; k >= 0; k--) if (a.recent[k]! <= usual) return (RECENT - 1 - k) * LOOK_EVERY;
  return RECENT * LOOK_EVERY;
}

export function writeGlobalAlarm(w: Writer, a: GlobalAlarm): void {
  w.u32(a.since);
  w.u8(a.replays ? 1 : 0);
  w.u8(a.sets === null ? 0 : 1);
  w.u8(a.sample === null ? 0 : 1);
  w.array(Uint16Array.from(a.sets ?? []));
  w.array(Uint32Array.from(a.sets ? a.starts : []));
  w.array(Float64Array.from(a.maxima));
  w.array(Float64Array.from(a.levels));
  for (const x of [a.level, a.bias, a.statistic]) w.f64(x);
  w.array(a.recent);
}

/** Versions before 3 had a spread of s beside the replay. */
export function readGlobalAlarm(r: Reader, labels: number, version: number): GlobalAlarm {
  const a = createGlobalAlarm();
  a.since = r.u32();
  if (version < 3) r.u32();
  const how = r.u8();
  a.replays = version < 3 ? how === 0 : how === 1;
  const collecting = r.u8() === 1;
  const replaying = r.u8() === 1;
  const sets = [...r.u16s()];
  const starts = [...r.u32s()];
  a.sets = collecting ? sets : null;
  if (collecting) a.starts = starts;
  a.maxima = [...r.f64s()];
  a.levels = [...r.f64s()];
  a.level = r.f64();
  a.bias = r.f64();
  if (version < 3) {
    r.f64();
    r.f64();
  }
  a.statistic = r.f64();
  a.recent.set(r.f64s());
  if (replaying) a.sample = sampleOf(a, labels);
  // Nothing was known well: the sample is taken again.
  if (version < 3 && !a.replays) restart(a);
  return a;
}
