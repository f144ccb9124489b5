import { add, below, fenwickOf, halve } from "../statistics/fenwick.ts";
import type { Random } from "../statistics/random.ts";
import type { Bet } from "./bets.ts";
import { each, entryOf, FLAG, type Segment, setFlags } from "./history.ts";
import type { Options } from "./options.ts";
import { toleranceOf } from "./promise.ts";
import type { Counts, Watch } from "./watch.ts";

const P_LEAST = 1e-6;

/** Fills in the bet on a text with score bin and cell, from the counts before it. */
export function placeBet(
  bet: Bet,
  watch: Watch,
  at: { readonly bin: number; readonly cluster: number; readonly region: number; readonly far: boolean },
  u: number,
  options: Options,
): void {
  const { counts, reference } = watch;
  const ranks = counts.ranks;
  const equal = ranks.counts[at.bin]!;
  const above = ranks.total - below(ranks, at.bin) - equal;
  const p = (above + u * (equal + 1)) / (ranks.total + 1);
  bet.p = Math.min(1 - P_LEAST, Math.max(P_LEAST, p));
  bet.neutral = equal === ranks.total;
  bet.startRank = counts.rankVaries ? 1 : 0;
  const { facts, source } = reference;
  const clusterTolerance = toleranceOf(facts, options, source, "cluster");
  bet.cluster = at.cluster;
  bet.clusterShare = shareOf(counts.cluster, counts.clusterTotal, at.cluster, clusterTolerance, options.alpha);
  bet.startCluster = counts.clusterVaries ? 1 : 0;
  bet.cell = at.far ? at.region : reference.clusters;
  const cellTolerance = toleranceOf(facts, options, source, "cell");
  bet.cellShare = shareOf(counts.cell, counts.cellTotal, bet.cell, cellTolerance, options.alpha);
  bet.startCell = counts.cellVaries ? 1 : 0;
}

function shareOf(counts: Float64Array, total: number, symbol: number, tolerance: number, alpha: number): number {
  return Math.min(1, (tolerance * (counts[symbol]! + alpha)) / (total + counts.length * alpha));
}

/** Remembers that more than one bin, cluster or cell was seen. */
export function notice({ counts }: Watch, bin: number, bet: Bet): void {
  if (counts.ranks.counts[bin] !== counts.ranks.total) counts.rankVaries = true;
  if (counts.cluster[bet.cluster] !== counts.clusterTotal) counts.clusterVaries = true;
  if (counts.cell[bet.cell] !== counts.cellTotal) counts.cellVaries = true;
}

/** Events after which one counts as normal at the latest. */
const MOST_HELD = 500;

/**
 * Events count as normal a while after they came: a change that has begun is not measured by itself. No longer than a third
 * of the texts that the ranks began with, within which what these texts happen to be is no evidence. Where the promise is a
 * theorem they count at once.
 */
function heldBack({ reference }: Watch, options: Options): number {
  return options.guarantee ? 0 : Math.min(MOST_HELD, Math.floor(reference.bins.length / 3));
}

/** Counts what was held back long enough. */
export function settle(watch: Watch, options: Options, random: Random): void {
  const { history } = watch;
  const end = history.end - heldBack(watch, options);
  for (; watch.countedTo < end; watch.countedTo++) {
    const { segment, at } = entryOf(history, watch.countedTo);
    if (segment.flags[at]! & FLAG.counted) take(watch, segment, at, options, random);
  }
}

/** Halved from time to time, so that counts may age. */
function take(watch: Watch, segment: Segment, at: number, options: Options, random: Random): void {
  const { counts } = watch;
  add(counts.ranks, segment.bin[at]!);
  move(counts, segment.cluster[at]!, cellOf(counts, segment, at), 1);
  // Ranks are never halved where the promise is a theorem.
  if (options.guarantee || counts.ranks.total < Math.max(options.memory, 2 * watch.reference.bins.length)) return;
  halve(counts.ranks, random);
  counts.clusterTotal = halveAll(counts.cluster);
  counts.cellTotal = halveAll(counts.cell);
}

/** What came from event `from` on leaves the counts: it is not normal. */
export function takeBack(watch: Watch, from: number): void {
  const { counts, history, countedTo } = watch;
  const bins = counts.ranks.counts.slice();
  each(history, from, (segment, at, index) => {
    const flags = segment.flags[at]!;
    if (!(flags & FLAG.counted)) return;
    setFlags(segment, at, flags & ~FLAG.counted);
    if (index >= countedTo) return;
    const bin = segment.bin[at]!;
    bins[bin] = Math.max(0, bins[bin]! - 1);
    move(counts, segment.cluster[at]!, cellOf(counts, segment, at), -1);
  });
  counts.ranks = fenwickOf(bins);
}

/** The alarm was none: what was held back since event `from` counts as normal. */
export function giveBack(watch: Watch, from: number): void {
  const { counts, history, countedTo } = watch;
  const bins = counts.ranks.counts.slice();
  each(history, from, (segment, at, index) => {
    const flags = segment.flags[at]!;
    if (flags & (FLAG.counted | FLAG.repeat)) return;
    setFlags(segment, at, flags | FLAG.counted);
    if (index >= countedTo) return;
    bins[segment.bin[at]!] = bins[segment.bin[at]!]! + 1;
    move(counts, segment.cluster[at]!, cellOf(counts, segment, at), 1);
  });
  counts.ranks = fenwickOf(bins);
}

function cellOf(counts: Counts, segment: Segment, at: number): number {
  return segment.flags[at]! & FLAG.far ? segment.region[at]! : counts.cell.length - 1;
}

function move(counts: Counts, cluster: number, cell: number, by: number): void {
  const clusterNow = Math.max(0, counts.cluster[cluster]! + by);
  const cellNow = Math.max(0, counts.cell[cell]! + by);
  counts.clusterTotal += clusterNow - counts.cluster[cluster]!;
  counts.cellTotal += cellNow - counts.cell[cell]!;
  counts.cluster[cluster] = clusterNow;
  counts.cell[cell] = cellNow;
}

function halveAll(counts: Float64Array): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    counts[i] = Math.floor(counts[i]! / 2);
    total += counts[i]!;
  }
  return total;
}
