import type { Onset } from "../../engine/signal.ts";
import { createBet, type Layout, RANK_BETS, rankBets, type SymbolFamily, symbolFamilies } from "./bets.ts";
import { each, FLAG, type History } from "./history.ts";

/**
 * Shiryaev–Roberts is a sum over possible starts k: g(k) = Σ_b w_b Π_{i ≥ k} e_b(i) is a posterior of the onset.
 * Its median, and the 5 and 95 % points.
 */
export function estimateOnset(
  history: History,
  from: number,
  layout: Layout,
  weights: Float64Array,
  turns: number,
): Onset {
  const replay = gather(history, from, layout.clusters);
  const g = new Float64Array(replay.count);
  const values = new Float64Array(replay.count);
  if (weights[0]! > 0) {
    for (let b = 0; b < RANK_BETS; b++) {
      for (let t = 0; t < replay.count; t++) values[t] = replay.rank[t * RANK_BETS + b]!;
      accumulate(g, values, weights[b]!, replay, FLAG.startRank, turns);
    }
  }
  const symbols = (families: readonly SymbolFamily[], seen: Uint8Array, share: Float64Array, start: number): void => {
    for (const family of families) {
      if (weights[family.at] === 0) continue;
      for (let symbol = 0; symbol < family.symbols; symbol++) {
        for (let t = 0; t < replay.count; t++) {
          values[t] = 1 - family.stake + (seen[t] === symbol ? family.stake / share[t]! : 0);
        }
        accumulate(g, values, weights[family.at + symbol]!, replay, start, turns);
      }
    }
  };
  symbols(symbolFamilies(layout, "clus"), replay.cluster, replay.clusterShare, FLAG.startCluster);
  symbols(symbolFamilies(layout, "cell"), replay.cell, replay.cellShare, FLAG.startCell);
  return quantiles(g, replay.index, history.end - 1);
}

interface Replay {
  readonly count: number;
  readonly index: Float64Array;
  readonly flags: Uint16Array;
  /** Session of each entry, numbered from 0; its own number where there are none. */
  readonly session: Uint32Array;
  readonly first: Uint8Array;
  readonly rank: Float64Array;
  readonly cluster: Uint8Array;
  readonly clusterShare: Float64Array;
  readonly cell: Uint8Array;
  readonly cellShare: Float64Array;
}

function gather(history: History, from: number, clusters: number): Replay {
  const most = history.end - Math.max(from, history.first);
  const rank = new Float64Array(most * RANK_BETS);
  const replay = {
    index: new Float64Array(most),
    flags: new Uint16Array(most),
    session: new Uint32Array(most),
    first: new Uint8Array(most),
    rank,
    cluster: new Uint8Array(most),
    clusterShare: new Float64Array(most),
    cell: new Uint8Array(most),
    cellShare: new Float64Array(most),
  };
  const sessions = new Map<number, number>();
  let count = 0;
  each(history, from, (segment, at, index) => {
    const flags = segment.flags[at]!;
    if (flags & FLAG.skipped) return;
    const id = history.withSessions ? segment.session[at]! : count;
    const known = sessions.get(id);
    replay.first[count] = known === undefined ? 1 : 0;
    replay.session[count] = known ?? sessions.size;
    if (known === undefined) sessions.set(id, sessions.size);
    replay.index[count] = index;
    replay.flags[count] = flags;
    bet.p = segment.p[at]!;
    bet.neutral = (flags & FLAG.neutral) !== 0;
    rankBets(bet, rank.subarray(count * RANK_BETS, (count + 1) * RANK_BETS));
    replay.cluster[count] = segment.cluster[at]!;
    replay.clusterShare[count] = segment.clusterShare[at]! / 65_535;
    replay.cell[count] = flags & FLAG.far ? segment.region[at]! : clusters;
    replay.cellShare[count] = segment.cellShare[at]! / 65_535;
    count += 1;
  });
  return { ...replay, count };
}

const bet = createBet();

/** Adds one bet's w·Π_{i ≥ k} factor(i) to g(k) at every k where a change may start. */
function accumulate(
  g: Float64Array,
  values: Float64Array,
  weight: number,
  replay: Replay,
  start: number,
  turns: number,
): void {
  const { count } = replay;
  if (turns > 1) toFactors(values, replay, turns);
  let product = weight;
  for (let t = count - 1; t >= 0; t--) {
    product *= values[t]!;
    if (replay.first[t] === 1 && (replay.flags[t]! & start) !== 0) g[t] = g[t]! + product;
  }
}

/** Values of turns → factors of their sessions' values, in place. */
function toFactors(values: Float64Array, replay: Replay, turns: number): void {
  const sums = new Float64Array(replay.count);
  const ns = new Uint32Array(replay.count);
  for (let t = 0; t < replay.count; t++) {
    const s = replay.session[t]!;
    const n = ns[s]!;
    const before = 1 + sums[s]! / Math.max(n, turns);
    sums[s] = sums[s]! + values[t]! - 1;
    ns[s] = n + 1;
    values[t] = (1 + sums[s]! / Math.max(n + 1, turns)) / before;
  }
}

function quantiles(g: Float64Array, index: Float64Array, last: number): Onset {
  let total = 0;
  for (const v of g) total += v;
  const at = (q: number): number => {
    let sum = 0;
    for (let t = 0; t < g.length; t++) {
      sum += g[t]!;
      if (sum >= q * total && total > 0) return index[t]!;
    }
    return last;
  };
  return { index: at(0.5), low: at(0.05), high: at(0.95) };
}
