import { each, FLAG } from "./history.ts";
import type { Cluster } from "./interpret.ts";
import { recall } from "./recent.ts";
import type { Reference } from "./reference.ts";
import { distinctiveTerms, indexTerms, sameStem } from "./terms.ts";
import type { Watch } from "./watch.ts";

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
export function keepNames(
  clusters: readonly Cluster[],
  before: readonly NamedCluster[],
  kind: "drift" | "surge",
): NamedCluster[] {
  const free = new Set(before);
  let next = before.reduce((most, { id }) => Math.max(most, Number(id.slice(kind.length + 1))), 0) + 1;
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
  const used = new Set<string>();
  return clusters.map((cluster, i) => {
    const old = known.get(i);
    const id = old?.id ?? `${kind}-${next++}`;
    const name = unlike(old !== undefined && stillFits(old, cluster) ? old.name : cluster.name, cluster, used);
    used.add(name);
    return { id, ...cluster, name };
  });
}

/** Two clusters are never told under one name. */
function unlike(name: string, cluster: Cluster, used: ReadonlySet<string>): string {
  const more = [...cluster.terms.filter((term) => !name.includes(term)), ...textsOf(cluster).slice(0, 1)];
  for (let n = 0; used.has(name); n++) name = n < more.length ? `${name}, ${more[n]!.slice(0, 40)}` : `${name}, ${n}`;
  return name;
}

function likeness(a: Cluster, b: Cluster): number {
  return overlap(textsOf(a), textsOf(b), same) + overlap(wordsOf(a), wordsOf(b), sameStem);
}

function wordsOf({ terms }: Cluster): string[] {
  return terms.flatMap((term) => term.split(" "));
}

function textsOf({ medoid, examples }: Cluster): string[] {
  return [medoid, ...examples].filter((text) => text !== "");
}

function same(a: string, b: string): boolean {
  return a === b;
}

/** Share of the smaller of two sets that the other has. */
function overlap(a: readonly string[], b: readonly string[], alike: (a: string, b: string) => boolean): number {
  const [small, large] = [[...new Set(a)], [...new Set(b)]].sort((x, y) => x.length - y.length) as [string[], string[]];
  if (small.length === 0) return 0;
  return small.filter((one) => large.some((other) => alike(one, other))).length / small.length;
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

/** Texts since the onset, and those of them that are like the reference, by its cluster. */
export interface ClusterCounts {
  readonly texts: number;
  readonly like: Uint32Array;
}

/** From the last 4,096 texts' places; a scheme that keeps none is counted from the texts still remembered. */
export function countClusters(watch: Watch, from: number): ClusterCounts {
  const { history, recent, reference } = watch;
  const like = new Uint32Array(reference.clusters);
  let texts = 0;
  const count = (cluster: number, far: boolean): void => {
    texts += 1;
    // One that is far from the reference only happens to lie nearest to some cluster.
    if (!far) like[cluster] = like[cluster]! + 1;
  };
  if (history.end > history.first) {
    each(history, from, (segment, at) => {
      const flags = segment.flags[at]!;
      if (!(flags & FLAG.repeat)) count(segment.cluster[at]!, (flags & FLAG.high) !== 0);
    });
  } else {
    const { events, vectors } = recall(recent, from);
    const { indices } = reference.centres.nearest(vectors, events.length, 1);
    events.forEach((event, i) => {
      count(indices[i]!, event.high);
    });
  }
  return { texts, like };
}

/** Clusters of the reference that are hardly said since the onset: n ln(n/E) − (n − E) over what is like the reference. */
export function vanishedTopics(reference: Reference, { texts, like }: ClusterCounts): VanishedTopic[] {
  const { clusterCounts } = reference;
  const total = Math.max(1, reference.texts.length);
  const all = like.reduce((sum, n) => sum + n, 0);
  const missed = [...like].map((n, c) => {
    const expected = (clusterCounts[c]! / total) * all;
    return { c, n, expected, gain: (n > 0 ? n * Math.log(n / expected) : 0) - (n - expected) };
  });
  return missed
    .filter(({ n, expected, gain }) => n < MOST_LIFT * expected && gain >= LEAST_GAIN)
    .sort((a, b) => b.gain - a.gain || a.c - b.c)
    .slice(0, MOST)
    .map(({ c, n }) => describe(reference, c, n, texts));
}

function describe(reference: Reference, c: number, n: number, count: number): VanishedTopic {
  const { texts, assignment } = reference;
  const members = texts.flatMap((text, i) => (assignment[i] === c ? [{ text, i }] : []));
  const rest = texts.filter((_, i) => assignment[i] !== c);
  const terms = distinctiveTerms(
    members.map(({ text }) => text),
    indexTerms(rest),
    TERMS,
    { leastShare: 0.1 },
  );
  const medoid =
    texts[
      nearestToMiddle(
        reference,
        members.map(({ i }) => i),
      )
    ] ?? "";
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

/** Of some texts the one nearest to their own middle. */
function nearestToMiddle({ vectors, dim }: Reference, rows: readonly number[]): number {
  const sum = new Float64Array(dim);
  for (const row of rows) for (let d = 0; d < dim; d++) sum[d] = sum[d]! + vectors[row * dim + d]!;
  let best = -1;
  let nearest = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    let product = 0;
    for (let d = 0; d < dim; d++) product += vectors[row * dim + d]! * sum[d]!;
    if (product <= nearest) continue;
    nearest = product;
    best = row;
  }
  return best;
}
