import { normalQuantile } from "../statistics/normal.ts";

/**
 * The bets (e-values) of four families on one text, laid out in one array:
 * conf and norm bet on its rank, clus on its cluster, cell on its cluster among the far ones.
 */
export interface Layout {
  readonly clusters: number;
  readonly clus: number;
  readonly cell: number;
  readonly size: number;
  /** Weight of each bet in the two kinds' statistics. */
  readonly drift: Float64Array;
  readonly surge: Float64Array;
  /** Without cluster bets: only what is a theorem. */
  readonly guarantee: boolean;
}

const POWERS = [0.1, 0.25, 0.5, 0.75] as const;
const TAILS = [0.01, 0.02, 0.05, 0.1, 0.2] as const;
const STAKES = [0.02, 0.05, 0.1, 0.25] as const;
const SHIFTS = [0.1, 0.2, 0.3, 0.5, 0.8, 1.2] as const;
export const CLUSTER_STAKES = [0.02, 0.05, 0.1] as const;
const CONF = POWERS.length + TAILS.length * STAKES.length;
/** conf and norm: the bets on the rank. */
export const RANK_BETS = CONF + SHIFTS.length;

const WEIGHTS = { conf: 0.625, norm: 0.125, cell: 0.25 } as const;

export function createLayout(clusters: number, guarantee: boolean): Layout {
  const clus = RANK_BETS;
  const cell = clus + (guarantee ? 0 : CLUSTER_STAKES.length * clusters);
  const size = cell + (guarantee ? 0 : CLUSTER_STAKES.length * (clusters + 1));
  const drift = new Float64Array(size);
  const surge = new Float64Array(size);
  const total = guarantee ? WEIGHTS.conf + WEIGHTS.norm : 1;
  drift.fill(WEIGHTS.conf / total / CONF, 0, CONF);
  drift.fill(WEIGHTS.norm / total / SHIFTS.length, CONF, RANK_BETS);
  if (!guarantee) {
    surge.fill(1 / (cell - clus), clus, cell);
    drift.fill(WEIGHTS.cell / (size - cell), cell, size);
  }
  return { clusters, clus, cell, size, drift, surge, guarantee };
}

/** What is bet on one text; all of it known before the counts take it in. */
export interface Bet {
  /** Smoothed rank of the score in (0, 1): small is far. */
  p: number;
  /** The score's bin holds all that was seen: rank bets are 1. */
  neutral: boolean;
  cluster: number;
  /** Tolerated probability of the cluster. */
  clusterShare: number;
  cell: number;
  cellShare: number;
  /** Whether a change may start here: 0 while one bin, cluster or cell is all that was seen. */
  startRank: number;
  startCluster: number;
  startCell: number;
}

/** One to write into, event after event: nothing known, nothing said. */
export function createBet(): Bet {
  return {
    p: 1,
    neutral: false,
    cluster: 0,
    clusterShare: 1,
    cell: 0,
    cellShare: 1,
    startRank: 0,
    startCluster: 0,
    startCell: 0,
  };
}

/** e-values of the rank bets. */
export function rankBets(bet: Bet, out: Float64Array): void {
  if (bet.neutral) {
    out.fill(1, 0, RANK_BETS);
    return;
  }
  const p = bet.p;
  let b = 0;
  for (const power of POWERS) out[b++] = power * p ** (power - 1);
  for (const tail of TAILS) {
    for (const stake of STAKES) out[b++] = p <= tail ? 1 - stake + stake / tail : 1 - stake;
  }
  const z = normalQuantile(1 - p);
  for (const shift of SHIFTS) out[b++] = Math.exp(shift * z - (shift * shift) / 2);
}

/** First bet of a stake, number of symbols, the symbol seen and its share, and whether a change may start. */
export interface SymbolFamily {
  readonly at: number;
  readonly symbols: number;
  readonly stake: number;
}

/** The families of symbol bets: stake by stake, [stake][symbol]. */
export function symbolFamilies(layout: Layout, family: "clus" | "cell"): readonly SymbolFamily[] {
  if (layout.guarantee) return [];
  const symbols = layout.clusters + (family === "cell" ? 1 : 0);
  return CLUSTER_STAKES.map((stake, i) => ({ at: layout[family] + i * symbols, symbols, stake }));
}
