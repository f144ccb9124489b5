import type { CoOccurrence } from "./co-occurrence.ts";

/**
 * How far the company that labels keep has moved:
 *   s = Σ_{i<j} w_i w_j |J(N)_ij − J(R)_ij| / Σ_{i<j} w_i w_j,  w_i = min(1, R_ii / 20),
 * kept by sums over three classes of pairs (both, one, none of the labels at full weight), in which the decay of rare labels is
 * one factor again; only pairs of labels that came since the last look are looked at.
 */

/** R_ii from which a label has full weight. */
export const SUPPORT = 20;

/** All sums anew, after weights changed for many, or what the statistic takes in. */
export function lookAgain(c: CoOccurrence): void {
  relink(c);
  c.sums.fill(0);
  for (let i = 0; i < c.labels; i++) c.full[i] = c.slow[i]! * c.slowScale >= SUPPORT ? 1 : 0;
  for (let s = 0; s < c.slots; s++) {
    c.share[s] = shareOf(c, s, c.full);
    c.sums[classOf(c, s, c.full)]! += c.share[s]!;
  }
  c.dirty.fill(0, 0, c.labels);
}

let nextFull = new Uint8Array(0);

/** s; 0 where no pair has weight. */
export function displacement(c: CoOccurrence): number {
  const { labels, slow, slowScale, full, dirty, sums, mask } = c;
  if (nextFull.length < labels) nextFull = new Uint8Array(labels);
  let weight = 0;
  let squares = 0;
  for (let i = 0; i < labels; i++) {
    const r = slow[i]! * slowScale;
    const isFull = r >= SUPPORT ? 1 : 0;
    nextFull[i] = isFull;
    if (isFull !== full[i]) dirty[i] = 1;
    if (mask[i] === 0) continue;
    const w = isFull ? 1 : r / SUPPORT;
    weight += w;
    squares += w * w;
  }
  for (let i = 0; i < labels; i++) {
    if (dirty[i] === 0) continue;
    lookAtPairsOf(c, i);
  }
  for (let i = 0; i < labels; i++) {
    full[i] = nextFull[i]!;
    dirty[i] = 0;
  }
  const rare = slowScale / SUPPORT;
  const total = (weight * weight - squares) / 2;
  return total > 1e-12 ? Math.max(0, sums[2]! + rare * (sums[1]! + rare * sums[0]!)) / total : 0;
}

/** Linked are only pairs that the statistic takes in. A pair of two dirty labels is looked at once, with the second. */
function lookAtPairsOf(c: CoOccurrence, i: number): void {
  const { fast, slow, fastPair, slowPair, share, full, dirty, sums, first, second, nextOfFirst, nextOfSecond } = c;
  const fi = fast[i]!;
  const si = slow[i]!;
  const was = full[i]!;
  const is = nextFull[i]!;
  const wi = is === 1 ? 1 : si;
  for (let s = c.headOfFirst[i]! - 1; s >= 0; s = nextOfFirst[s]! - 1) {
    const j = second[s]!;
    if (dirty[j] !== 0) continue;
    const n = fastPair[s]!;
    const r = slowPair[s]!;
    const sj = slow[j]!;
    const moved = Math.abs(n / (fi + fast[j]! - n) - r / (si + sj - r));
    sums[was + full[j]!] = sums[was + full[j]!]! - share[s]!;
    share[s] = moved * wi * (nextFull[j] === 1 ? 1 : sj);
    sums[is + nextFull[j]!] = sums[is + nextFull[j]!]! + share[s]!;
  }
  for (let s = c.headOfSecond[i]! - 1; s >= 0; s = nextOfSecond[s]! - 1) {
    const j = first[s]!;
    const n = fastPair[s]!;
    const r = slowPair[s]!;
    const sj = slow[j]!;
    const moved = Math.abs(n / (fast[j]! + fi - n) - r / (sj + si - r));
    sums[full[j]! + was] = sums[full[j]! + was]! - share[s]!;
    share[s] = moved * (nextFull[j] === 1 ? 1 : sj) * wi;
    sums[nextFull[j]! + is] = sums[nextFull[j]! + is]! + share[s]!;
  }
}

function classOf(c: CoOccurrence, s: number, full: Uint8Array): number {
  return full[c.first[s]!]! + full[c.second[s]!]!;
}

/** What a pair adds to its class's sum by labels at their present numbers; `full`: of the labels at the last look. */
export function shareOf(c: CoOccurrence, s: number, full: Uint8Array): number {
  const i = c.first[s]!;
  const j = c.second[s]!;
  if (c.mask[i] === 0 || c.mask[j] === 0) return 0;
  const n = c.fastPair[s]!;
  const r = c.slowPair[s]!;
  const moved = Math.abs(n / (c.fast[i]! + c.fast[j]! - n) - r / (c.slow[i]! + c.slow[j]! - r));
  return moved * (full[i] ? 1 : c.slow[i]!) * (full[j] ? 1 : c.slow[j]!);
}

export function relink(c: CoOccurrence): void {
  c.headOfFirst.fill(0);
  c.headOfSecond.fill(0);
  for (let s = 0; s < c.slots; s++) link(c, s);
}

/** A new pair, where the statistic takes it in. */
export function link(c: CoOccurrence, s: number): void {
  const low = c.first[s]!;
  const high = c.second[s]!;
  if ((c.mask[low]! & c.mask[high]!) === 0) return;
  c.nextOfFirst[s] = c.headOfFirst[low]!;
  c.headOfFirst[low] = s + 1;
  c.nextOfSecond[s] = c.headOfSecond[high]!;
  c.headOfSecond[high] = s + 1;
}
