import { type Bet, type Layout, RANK_BETS, rankBets, type SymbolFamily, symbolFamilies } from "./bets.ts";
import { addHit, type Hits, type Session } from "./sessions.ts";

/** Shiryaev–Roberts statistics of every bet, and what their update needs. */
export interface Evidence {
  readonly layout: Layout;
  readonly sums: Float64Array;
  readonly clus: readonly SymbolFamily[];
  readonly cell: readonly SymbolFamily[];
}

export function createEvidence(layout: Layout, sums: Float64Array = new Float64Array(layout.size)): Evidence {
  return { layout, sums, clus: symbolFamilies(layout, "clus"), cell: symbolFamilies(layout, "cell") };
}

const e = new Float64Array(RANK_BETS);

/** R ← (R + s)·e. */
export function advance(evidence: Evidence, bet: Bet): void {
  const R = evidence.sums;
  rankBets(bet, e);
  for (let b = 0; b < RANK_BETS; b++) R[b] = (R[b]! + bet.startRank) * e[b]!;
  for (const family of evidence.clus) advanceSymbols(R, family, bet.startCluster, bet.cluster, bet.clusterShare);
  for (const family of evidence.cell) advanceSymbols(R, family, bet.startCell, bet.cell, bet.cellShare);
}

function advanceSymbols(R: Float64Array, family: SymbolFamily, start: number, symbol: number, share: number): void {
  const { at, symbols, stake } = family;
  const miss = 1 - stake;
  const hit = (R[at + symbol]! + start) * (miss + stake / share);
  const end = at + symbols;
  for (let b = at; b < end; b++) R[b] = (R[b]! + start) * miss;
  R[at + symbol] = hit;
}

/**
 * A turn of a session: the session's value V(n) = 1 + Σ(e − 1)/max(n, M) takes the place of V(n − 1), so that its
 * turns, however many and however alike, are one step of evidence.
 */
export function advanceTurn(evidence: Evidence, bet: Bet, session: Session, turns: number): void {
  const R = evidence.sums;
  const before = Math.max(session.turns, turns);
  const after = Math.max(session.turns + 1, turns);
  const first = session.turns === 0;
  rankBets(bet, e);
  for (let b = 0; b < RANK_BETS; b++) {
    const old = 1 + session.sums[b]! / before;
    session.sums[b] = session.sums[b]! + e[b]! - 1;
    const now = 1 + session.sums[b]! / after;
    R[b] = first ? (R[b]! + bet.startRank) * now : (R[b]! * now) / old;
  }
  for (const family of evidence.clus) {
    turnSymbols(R, family, session, session.clusterHits, turns, bet.startCluster, bet.cluster, bet.clusterShare);
  }
  for (const family of evidence.cell) {
    turnSymbols(R, family, session, session.cellHits, turns, bet.startCell, bet.cell, bet.cellShare);
  }
  if (evidence.clus.length > 0) addHit(session.clusterHits, bet.cluster, 1 / bet.clusterShare);
  if (evidence.cell.length > 0) addHit(session.cellHits, bet.cell, 1 / bet.cellShare);
  session.turns += 1;
}

function turnSymbols(
  R: Float64Array,
  family: SymbolFamily,
  session: Session,
  hits: Hits,
  turns: number,
  start: number,
  symbol: number,
  share: number,
): void {
  const { at, symbols, stake } = family;
  const n = session.turns;
  const before = stake / Math.max(n, turns);
  const after = stake / Math.max(n + 1, turns);
  const first = n === 0;
  const step = (at: number, hit: number, more: number): void => {
    const now = 1 + after * (hit + more - (n + 1));
    R[at] = first ? (R[at]! + start) * now : (R[at]! * now) / (1 + before * (hit - n));
  };
  // All symbols as if not hit so far, then those that were, from the value kept aside.
  const kept = hits.symbols.map((hit) => R[at + hit]!);
  const current = R[at + symbol]!;
  const now = 1 - after * (n + 1);
  const factor = first ? now : now / (1 - before * n);
  const add = first ? start : 0;
  for (let b = at; b < at + symbols; b++) R[b] = (R[b]! + add) * factor;
  let known = false;
  hits.symbols.forEach((hit, i) => {
    R[at + hit] = kept[i]!;
    step(at + hit, hits.sums[i]!, hit === symbol ? 1 / share : 0);
    known ||= hit === symbol;
  });
  if (known) return;
  R[at + symbol] = current;
  step(at + symbol, 0, 1 / share);
}

/** guarantee: a closed session is one step, R ← (R + s)·V(final). */
export function gatherTurn(bet: Bet, session: Session): void {
  rankBets(bet, e);
  if (session.turns === 0) session.start = bet.startRank;
  for (let b = 0; b < RANK_BETS; b++) session.sums[b] = session.sums[b]! + e[b]! - 1;
  session.turns += 1;
}

export function closeSession(evidence: Evidence, session: Session, turns: number): void {
  if (session.turns === 0) return;
  const R = evidence.sums;
  const n = Math.max(session.turns, turns);
  for (let b = 0; b < RANK_BETS; b++) R[b] = (R[b]! + session.start) * (1 + session.sums[b]! / n);
}

export function statistic(sums: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let b = 0; b < sums.length; b++) sum += weights[b]! * sums[b]!;
  return sum;
}
