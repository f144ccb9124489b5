import { type CoOccurrence, findSlot } from "./co-occurrence.ts";
import { components } from "./components.ts";
import { moveStrays } from "./stray-labels.ts";

/**
 * Labels that come together, as disjoint clusters; by the counts since the last reset, d = 1 − Jaccard.
 * Split: pivots are the farthest pair, each label goes to the nearer, at most 3 passes of average linkage;
 *   gap = mean distance across − mean distance within > max(2e, .15),  e = sqrt(ln(1/.05) / 2n);
 *   also where one side alone is that tight by the events that know it: many small clusters in one hide each other else.
 *   What has no two sides, and is large, is taken apart by its strong links (components.ts).
 *   Two labels split at d > .5 + margin. Merge: the gap is surely below half the margin (two labels: d surely below .5).
 */
export interface Partition {
  clusters: readonly Cluster[];
  /** Label → cluster's id; −1: too rare to tell. */
  of: Int32Array;
  nextId: number;
}

export interface Cluster {
  /** New labels in it, new id. */
  readonly id: number;
  /** Ascending. */
  readonly labels: readonly number[];
}

/** Events between two tests of a young partition. */
export const TEST_EVERY = 100;
/** Sightings since the last reset from which a label is placed. */
const LEAST_SEEN = 10;
const MARGIN = 0.15;
const ALPHA = 0.05;
const PASSES = 3;
/** Larger clusters are taken apart by their strongest links alone. */
const MOST_DENSE = 200;
/** So many labels may be more than two clusters. */
const LEAST_MANY = 24;
const MOST_SPLITS = 32;
const MOST_PAIRWISE = 48;

export function createPartition(): Partition {
  return { clusters: [], of: new Int32Array(0), nextId: 0 };
}

/** All labels known are one cluster. */
export function resetPartition(p: Partition, labels: readonly number[]): void {
  p.clusters = labels.length === 0 ? [] : [{ id: p.nextId++, labels }];
  place(p);
}

/** One test of all clusters; true when something changed. */
export function testPartition(p: Partition, c: CoOccurrence): boolean {
  const before = p.clusters;
  const error = Math.sqrt(Math.log(1 / ALPHA) / (2 * Math.max(1, c.since)));
  let groups = admit(p, c, error);
  const settled: (readonly number[])[] = [];
  for (let splits = 0; groups.length > 0; ) {
    const group = groups.pop()!;
    const parts = splits < MOST_SPLITS ? splitOf(group, c, error) : null;
    if (parts === null) settled.push(group);
    else {
      splits++;
      groups.push(...parts);
    }
  }
  groups = mergeAll(settled.length > MOST_PAIRWISE ? settled : moveStrays(settled, c, MARGIN, ALPHA), c, error);
  groups.sort((a, b) => a[0]! - b[0]!);
  const known = new Map(before.map((cluster) => [cluster.labels.join(), cluster]));
  p.clusters = groups.map((labels) => known.get(labels.join()) ?? { id: p.nextId++, labels });
  place(p);
  return p.clusters.length !== before.length || p.clusters.some((cluster, i) => cluster !== before[i]);
}

export function place(p: Partition): void {
  const most = p.clusters.reduce((n, { labels }) => Math.max(n, labels.at(-1)! + 1), 0);
  p.of = new Int32Array(most).fill(-1);
  for (const { id, labels } of p.clusters) for (const i of labels) p.of[i] = id;
}

/** The clusters so far, with the labels that are well enough known by now: one cluster at first, then each in the nearest. */
function admit(p: Partition, c: CoOccurrence, error: number): (readonly number[])[] {
  const groups = p.clusters.map(({ labels }) => [...labels]);
  const fresh: number[] = [];
  for (let i = 0; i < c.labels; i++) if (c.counts[i]! >= LEAST_SEEN && (p.of[i] ?? -1) < 0) fresh.push(i);
  if (groups.length === 0) return fresh.length === 0 ? [] : [fresh];
  if (fresh.length === 0) return groups;
  const count = groups.length;
  const { sums, width } = likenesses(c, [...groups, ...fresh.map((i) => [i])], Math.max(count, MOST_PAIRWISE));
  for (const [f, i] of fresh.entries()) {
    const row = (count + f) * width;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let g = 0; g < groups.length; g++) {
      const mean = 1 - sums[row + g]! / groups[g]!.length;
      if (mean < least) [best, least] = [g, mean];
    }
    const n = groups[best]!.length;
    const within = 1 - (2 * sums[best * width + best]!) / (n * (n - 1));
    const limit = n > 1 ? within + Math.max(2 * error, MARGIN) : 0.5;
    if (least <= limit || groups.length >= MOST_PAIRWISE) {
      sums[best * width + best]! += sums[row + best]!;
      insert(groups[best]!, i);
    } else {
      best = groups.push([i]) - 1;
      for (let k = f; k < fresh.length; k++) sums[(count + k) * width + best] = 0;
      sums[best * width + best] = 0;
    }
    for (let k = f + 1; k < fresh.length; k++) sums[(count + k) * width + best]! += 1 - distance(c, i, fresh[k]!);
  }
  return groups;
}

/**
 * Sums of Jaccard indices of each group with the first `width` groups, [groups, width], and within each on the diagonal (each
 * pair once): one pass over the pairs that came together, as the others have none.
 */
function likenesses(
  c: CoOccurrence,
  groups: readonly (readonly number[])[],
  width: number,
): { sums: Float64Array; width: number } {
  const of = new Int32Array(c.labels).fill(-1);
  for (const [g, labels] of groups.entries()) for (const i of labels) of[i] = g;
  const sums = new Float64Array(groups.length * width);
  for (let s = 0; s < c.slots; s++) {
    const [i, j] = [c.first[s]!, c.second[s]!];
    const [a, b] = [of[i]!, of[j]!];
    if (a < 0 || b < 0) continue;
    const both = c.pairCounts[s]!;
    const either = c.counts[i]! + c.counts[j]! - both;
    if (either <= 0) continue;
    const like = both / either;
    if (b < width) sums[a * width + b]! += like;
    if (a < width && a !== b) sums[b * width + a]! += like;
  }
  return { sums, width };
}

function splitOf(group: readonly number[], c: CoOccurrence, error: number): (readonly number[])[] | null {
  const margin = Math.max(2 * error, MARGIN);
  if (group.length < 2) return null;
  if (group.length === 2) return distance(c, group[0]!, group[1]!) > 0.5 + margin ? [[group[0]!], [group[1]!]] : null;
  if (group.length > MOST_DENSE) return components(c, group, MARGIN, ALPHA);
  const d = matrixOf(c, group);
  const side = twoSides(d, group.length);
  const { cross, within, sides } = meansOf(d, side);
  const parts = [0, 1].map((s) => group.filter((_, k) => side[k] === s));
  if (cross - within > margin) return parts;
  for (const s of [0, 1]) {
    if (parts[s]!.length < 2) continue;
    const known = leastUnion(c, parts[s]!);
    if (cross - sides[s]! > Math.max(2 * Math.sqrt(Math.log(1 / ALPHA) / (2 * known)), MARGIN)) return parts;
  }
  // No two sides of many small clusters are apart.
  return group.length >= LEAST_MANY ? components(c, group, MARGIN, ALPHA) : null;
}

/** 0 or 1 for each: farthest pair, nearer of them, then average linkage. */
function twoSides(d: Float64Array, n: number): Uint8Array {
  let [a, b, far] = [0, 1, -1];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) if (d[i * n + j]! > far) [a, b, far] = [i, j, d[i * n + j]!];
  }
  const side = new Uint8Array(n);
  const size = [0, 0];
  for (let k = 0; k < n; k++) {
    side[k] = k !== a && (k === b || d[b * n + k]! < d[a * n + k]!) ? 1 : 0;
    size[side[k]!]!++;
  }
  for (let pass = 0; pass < PASSES; pass++) {
    let moved = false;
    for (let k = 0; k < n; k++) {
      const own = side[k]!;
      if (size[own]! < 2) continue;
      const sums = [0, 0];
      for (let j = 0; j < n; j++) if (j !== k) sums[side[j]!]! += d[k * n + j]!;
      if (sums[1 - own]! / size[1 - own]! >= sums[own]! / (size[own]! - 1)) continue;
      side[k] = 1 - own;
      size[own]!--;
      size[1 - own]!++;
      moved = true;
    }
    if (!moved) break;
  }
  return side;
}

function meansOf(d: Float64Array, side: Uint8Array): { cross: number; within: number; sides: readonly number[] } {
  const n = side.length;
  const sums = [0, 0, 0];
  const pairs = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const kind = side[i] === side[j] ? side[i]! : 2;
      sums[kind]! += d[i * n + j]!;
      pairs[kind]!++;
    }
  }
  const mean = (k: number): number => (pairs[k]! > 0 ? sums[k]! / pairs[k]! : 0);
  const both = pairs[0]! + pairs[1]!;
  return {
    cross: mean(2),
    within: both > 0 ? (sums[0]! + sums[1]!) / both : 0,
    sides: [mean(0), mean(1)],
  };
}

/** Merges the two clusters that are one the most surely, until there are none. */
function mergeAll(groups: readonly (readonly number[])[], c: CoOccurrence, error: number): (readonly number[])[] {
  const merged = [...groups];
  const width = merged.length;
  if (width < 2 || width > MOST_PAIRWISE) return merged;
  const { sums } = likenesses(c, merged, width);
  /** Rows of `sums` still there, as the clusters in `merged`. */
  const rows = merged.map((_, g) => g);
  for (;;) {
    let best: [number, number] | null = null;
    let least = 0;
    for (let a = 0; a < merged.length; a++) {
      for (let b = a + 1; b < merged.length; b++) {
        const [ra, rb] = [rows[a]! * width, rows[b]! * width];
        const alike = [sums[ra + rows[a]!]!, sums[rb + rows[b]!]!, sums[ra + rows[b]!]!] as const;
        const excess = mergeExcess(merged[a]!.length, merged[b]!.length, ...alike, error);
        if (excess < least) [best, least] = [[a, b], excess];
      }
    }
    if (best === null) return merged;
    const [a, b] = best;
    const [ra, rb] = [rows[a]!, rows[b]!];
    sums[ra * width + ra]! += sums[rb * width + rb]! + sums[ra * width + rb]!;
    for (const r of rows) {
      if (r === ra || r === rb) continue;
      sums[ra * width + r]! += sums[rb * width + r]!;
      sums[r * width + ra] = sums[ra * width + r]!;
    }
    merged[a] = [...merged[a]!, ...merged[b]!].sort((i, j) => i - j);
    merged.splice(b, 1);
    rows.splice(b, 1);
  }
}

/** Negative: one cluster. Sizes; sums of Jaccard indices within each and across. */
function mergeExcess(
  sizeA: number,
  sizeB: number,
  alikeA: number,
  alikeB: number,
  alikeAcross: number,
  error: number,
): number {
  const cross = 1 - alikeAcross / (sizeA * sizeB);
  if (sizeA === 1 && sizeB === 1) return cross + error - 0.5;
  const [na, nb] = [(sizeA * (sizeA - 1)) / 2, (sizeB * (sizeB - 1)) / 2];
  const [wa, wb] = [na > 0 ? 1 - alikeA / na : 0, nb > 0 ? 1 - alikeB / nb : 0];
  const tight = Math.min(na > 0 ? wa : 1, nb > 0 ? wb : 1);
  const gap = Math.max(cross - (na * wa + nb * wb) / (na + nb), cross - tight);
  return gap + error - MARGIN / 2;
}

export function distance(c: CoOccurrence, i: number, j: number): number {
  const s = findSlot(c, i, j);
  if (s < 0) return 1;
  const both = c.pairCounts[s]!;
  const either = c.counts[i]! + c.counts[j]! - both;
  return either > 0 ? 1 - both / either : 1;
}

function matrixOf(c: CoOccurrence, group: readonly number[]): Float64Array {
  const n = group.length;
  const d = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) d[i * n + j] = d[j * n + i] = distance(c, group[i]!, group[j]!);
  }
  return d;
}

/** The fewest events that any pair of the group is known by. */
function leastUnion(c: CoOccurrence, group: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < group.length; i++) {
    for (let j = i + 1; j < group.length; j++) {
      const s = findSlot(c, group[i]!, group[j]!);
      least = Math.min(least, c.counts[group[i]!]! + c.counts[group[j]!]! - (s < 0 ? 0 : c.pairCounts[s]!));
    }
  }
  return Math.max(1, least);
}

function insert(group: number[], i: number): void {
  const at = group.findIndex((j) => j > i);
  if (at < 0) group.push(i);
  else group.splice(at, 0, i);
}
