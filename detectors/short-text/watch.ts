import { type Fenwick, fenwickOf } from "../statistics/fenwick.ts";
import type { Promised } from "../statistics/promised.ts";
import { createLayout } from "./bets.ts";
import type { Episodes } from "./episode.ts";
import { createEvidence, type Evidence } from "./evidence.ts";
import { createHistory, type History } from "./history.ts";
import type { Options } from "./options.ts";
import { type Thresholds, thresholdsOf } from "./promise.ts";
import { createRecent, type Recent } from "./recent.ts";
import { type Reference, scoringOf } from "./reference.ts";
import { createScheme, type Scheme } from "./scheme.ts";
import type { Sessions } from "./sessions.ts";

/** The state of a key whose reference is learnt. */
export interface Watch {
  readonly reference: Reference;
  readonly evidence: Evidence;
  thresholds: Thresholds;
  /** The test that decides where it is not the default one. */
  readonly scheme: Scheme | null;
  readonly counts: Counts;
  /** The first event that is still held back from the counts. */
  countedTo: number;
  readonly sessions: Sessions;
  nextSession: number;
  readonly history: History;
  readonly recent: Recent;
  readonly episodes: Episodes;
  /** First event of the present sums: they restart after every alarm. */
  since: number;
  /** Statistic of each kind after the last event. */
  drift: number;
  surge: number;
  /** EWMAs over 200 texts of the score and of the share above the reference's 90 % quantile. */
  novelty: number;
  highShare: number;
  warned: boolean;
}

/** What was seen as normal: ranks of scores, clusters, far clusters. */
export interface Counts {
  ranks: Fenwick;
  readonly cluster: Float64Array;
  clusterTotal: number;
  readonly cell: Float64Array;
  cellTotal: number;
  /** More than one bin, cluster or cell was seen: before, no change can be told. */
  rankVaries: boolean;
  clusterVaries: boolean;
  cellVaries: boolean;
}

export function createWatch(reference: Reference, index: number, promised: Promised, options: Options): Watch {
  const scoring = scoringOf(reference.facts, options);
  const bins = new Uint32Array(scoring.bins);
  let scores = 0;
  for (const bin of reference.bins) bins[bin] = bins[bin]! + 1;
  let squares = 0;
  for (const bin of reference.bins) {
    const score = ((bin + 0.5) * 3) / scoring.bins - 1;
    scores += score;
    squares += score * score;
  }
  const mean = scores / Math.max(1, reference.bins.length);
  const variance = squares / Math.max(1, reference.bins.length) - mean * mean;
  return {
    reference,
    evidence: createEvidence(createLayout(reference.clusters, options.guarantee)),
    thresholds: thresholdsOf(promised, reference.facts, reference.clusters, options),
    scheme: createScheme(options, { mean, sd: Math.max(Math.sqrt(Math.max(0, variance)), 3 / scoring.bins) }),
    counts: countsOf(fenwickOf(bins), reference.clusterCounts.slice(), reference.cellCounts.slice()),
    countedTo: index,
    sessions: new Map(),
    nextSession: 0,
    history: createHistory(index, reference.facts.sessions !== "none"),
    recent: createRecent(reference.dim),
    episodes: { drift: null, surge: null },
    since: index,
    drift: 0,
    surge: 0,
    novelty: mean,
    highShare: 0.1,
    warned: false,
  };
}

/** Keys share one promise: so many events between false alarms from here on. */
export function sharePromise(watch: Watch, events: number, options: Options): void {
  watch.thresholds = thresholdsOf({ events }, watch.reference.facts, watch.reference.clusters, options);
}

export function countsOf(ranks: Fenwick, cluster: Float64Array, cell: Float64Array): Counts {
  return {
    ranks,
    cluster,
    clusterTotal: sum(cluster),
    cell,
    cellTotal: sum(cell),
    rankVaries: varies(ranks.counts),
    clusterVaries: varies(cluster),
    cellVaries: varies(cell),
  };
}

function varies(counts: ArrayLike<number>): boolean {
  let seen = 0;
  for (let i = 0; i < counts.length && seen < 2; i++) if (counts[i]! > 0) seen++;
  return seen > 1;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const v of values) total += v;
  return total;
}
