import type { Cluster } from "./interpret.ts";
import type { Reference } from "./reference.ts";
import { distinctiveTerms, indexTerms } from "./terms.ts";

/** A cluster that keeps its id, and its name as long as it fits, when an episode is explained again. */
export interface NamedCluster extends Cluster {
  readonly id: string;
}

/** A topic of the reference that is hardly said any more. */
export interface VanishedTopic {
  readonly name: string;
  readonly terms: readonly string[];
  readonly medoid: string;
  readonly share: number;
  readonly shareBefore: number;
  readonly lift: number;
  readonly size: number;
}

/** From this likeness on (0 to 2) a cluster is one that was told before. */
const SAME = 0.4;

/** Matches clusters with those told before, by the texts and the terms that they share. */
export function keepNames(clusters: readonly Cluster[], before: readonly NamedCluster[]): NamedCluster[] {
  const free = new Set(before);
  let next = before.reduce((most, { id }) => Math.max(most, Number(id.slice(1))), 0) + 1;
  const matches = clusters.flatMap((cluster, i) =>
    before.map((old) => ({ i, old, likeness: likeness(cluster, old) })).filter((match) => match.likeness >= SAME),
  );
  matches.sort((a, b) => b.likeness - a.likeness || a.i - b.i);
  const known = new Map<number, NamedCluster>();
  for (const { i, old } of matches) {
    if (known.has(i) || !free.has(old)) continue;
    known.set(i, old);
    free.delete(old);
  }
  return clusters.map((cluster, i) => {
    const old = known.get(i);
    if (old === undefined) return { id: `c${next++}`, ...cluster };
    return { id: old.id, ...cluster, name: stillFits(old, cluster) ? old.name : cluster.name };
  });
}

function likeness(a: Cluster, b: Cluster): number {
  return overlap(textsOf(a), textsOf(b)) + overlap(a.terms, b.terms);
}

function textsOf({ medoid, examples }: Cluster): string[] {
  return [medoid, ...examples].filter((text) => text !== "");
}

/** Shared share of the smaller of two sets. */
function overlap(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [new Set(a), new Set(b)];
  let both = 0;
  for (const one of left) if (right.has(one)) both += 1;
  return both / Math.max(1, Math.min(left.size, right.size));
}

/** Half of what the name says is still among the terms. */
function stillFits(old: NamedCluster, now: Cluster): boolean {
  const named = old.name.split(", ");
  return 2 * named.filter((term) => now.terms.includes(term)).length >= named.length;
}

export function withoutTexts<
  T extends { readonly name: string; readonly terms: readonly string[]; readonly medoid: string },
>(topic: T): T {
  const name = topic.terms.length > 0 ? topic.name : "unnamed";
  return { ...topic, name, medoid: "", ...("examples" in topic ? { examples: [] } : {}) };
}

const MOST = 3;
/** Gain from which a missing topic is no chance, whatever the number of topics. */
const LEAST_GAIN = 8;
const MOST_LIFT = 1 / 3;
const TERMS = 6;

const assignments = new WeakMap<Reference, Uint32Array>();

/**
 * Clusters of the reference that the texts since the onset (row-major vectors) hardly hold: n ln(n/E) − (n − E) over those
 * that are like the reference; one that is far from it only happens to lie nearest to some cluster.
 */
export function vanishedTopics(reference: Reference, vectors: Float32Array, far: readonly boolean[]): VanishedTopic[] {
  const { clusters, clusterCounts } = reference;
  const total = reference.texts.length;
  const count = far.length;
  if (count === 0 || total === 0) return [];
  const now = new Uint32Array(clusters);
  let like = 0;
  reference.centres.nearest(vectors, count, 1).indices.forEach((c, i) => {
    if (far[i]) return;
    now[c] = now[c]! + 1;
    like += 1;
  });
  const missed = [...now].map((n, c) => {
    const expected = (clusterCounts[c]! / total) * like;
    return { c, n, expected, gain: (n > 0 ? n * Math.log(n / expected) : 0) - (n - expected) };
  });
  return missed
    .filter(({ n, expected, gain }) => n < MOST_LIFT * expected && gain >= LEAST_GAIN)
    .sort((a, b) => b.gain - a.gain || a.c - b.c)
    .slice(0, MOST)
    .map(({ c, n }) => describe(reference, c, n, count));
}

function describe(reference: Reference, c: number, n: number, count: number): VanishedTopic {
  const { texts, vectors, dim, centroids } = reference;
  const assignment = assignmentOf(reference);
  const members = texts.flatMap((text, i) => (assignment[i] === c ? [{ text, i }] : []));
  const rest = texts.filter((_, i) => assignment[i] !== c);
  const terms = distinctiveTerms(
    members.map(({ text }) => text),
    indexTerms(rest),
    TERMS,
    0.1,
  );
  let medoid = "";
  let nearest = Number.NEGATIVE_INFINITY;
  for (const { text, i } of members) {
    let product = 0;
    for (let d = 0; d < dim; d++) product += vectors[i * dim + d]! * centroids[c * dim + d]!;
    if (product <= nearest) continue;
    nearest = product;
    medoid = text;
  }
  const share = n / count;
  const shareBefore = members.length / texts.length;
  return {
    name: terms.length > 0 ? terms.slice(0, 3).join(", ") : medoid.slice(0, 40),
    terms,
    medoid,
    share,
    shareBefore,
    lift: shareBefore > 0 ? share / shareBefore : 0,
    size: n,
  };
}

function assignmentOf(reference: Reference): Uint32Array {
  let found = assignments.get(reference);
  if (found === undefined) {
    found = reference.centres.nearest(reference.vectors, reference.texts.length, 1).indices;
    assignments.set(reference, found);
  }
  return found;
}
