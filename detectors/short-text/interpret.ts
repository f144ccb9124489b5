import type { Tensors } from "../../engine/tensors.ts";
import { quantile } from "../statistics/normal.ts";
import { type Best, neighbourhoods, strongest, wordGroups } from "./groups.ts";
import { stickyToken } from "./sticky.ts";
import { distinctiveTerms, indexTerms, type TermIndex, withoutSome } from "./terms.ts";

/** Texts with their unit vectors, row-major [texts.length, dim]. */
export interface EmbeddedTexts {
  readonly texts: readonly string[];
  readonly embeddings: Float32Array;
}

export interface Question {
  readonly tensors: Tensors;
  readonly dim: number;
  /** What came since the onset. */
  readonly candidates: EmbeddedTexts;
  /** Candidates around which something new may be found, those far from the reference say; all unless given. */
  readonly centers?: readonly number[];
  /** Candidates unlike the reference: a topic of these is rather new than one that happens to be frequent. */
  readonly unlike?: Uint8Array;
  /** All texts since the onset, candidates or not. */
  readonly since: number;
  readonly reference: EmbeddedTexts;
  /** Cosine from which two texts speak of the same thing; nearOf(reference) unless given. */
  readonly near?: number;
  /** indexTerms(reference.texts), when the caller keeps it. */
  readonly referenceTerms?: TermIndex;
  /** Share of the texts since the onset that is new as far as scores tell: small clusters are told until they make up half of it. */
  readonly expected?: number;
  /** Vectors know words and no meanings: what is new is held together by a word, where there is such. */
  readonly lexical?: boolean;
  /** What is looked for is known and only more frequent: it is named by what sets it apart, not by what is new. */
  readonly known?: boolean;
}

export interface Interpretation {
  readonly clusters: readonly Cluster[];
  /** The candidate that each cluster is around: its medoid. */
  readonly centers: readonly number[];
  /** What the candidates say more than the reference, over all clusters. */
  readonly terms: readonly string[];
  /** A token that is no word in most candidates: then embeddings deceive. */
  readonly sticky: string | null;
  /** Share of the texts since the onset that the clusters have beyond what the reference lets expect. */
  readonly shareNew: number;
}

export interface Cluster {
  /** Its leading terms. */
  readonly name: string;
  readonly terms: readonly string[];
  readonly examples: readonly string[];
  readonly medoid: string;
  readonly share: number;
  readonly shareBefore: number;
  readonly lift: number;
  readonly size: number;
}

/** Used where the caller takes no measure of the reference: sentence-transformer embeddings, hash encoder. */
export const NEAR_EMBEDDING = 0.5;
export const NEAR_HASH = 0.5;

const MOST_CLUSTERS = 5;
const LEAST_SIZE = 3;
/** Gain from which a cluster or a term is no chance among hundreds. */
const SURE_GAIN = 8;
const EXAMPLES = 5;
const TERMS = 6;
const ALL_TERMS = 10;
const NEAR_SAMPLE = 400;
const LEAST_NEAR = 0.35;
const MOST_NEAR = 0.75;
/** A cluster whose members share no words is an accident of the encoder. */
const OF_CLUSTER = { leastShare: 0.15 };

/**
 * What is new, by gain: of all groups, neighbourhoods of candidates or those who say a word, the one that grew most beyond
 * the reference; its members leave, and again.
 */
export function interpret(question: Question): Interpretation {
  const { candidates, reference, since } = question;
  const referenceTerms = question.referenceTerms ?? indexTerms(reference.texts);
  const near = question.near ?? nearOf(reference.embeddings, question.dim, question.tensors);
  const alive = new Uint8Array(candidates.texts.length).fill(1);
  const words = question.lexical === true ? wordGroups(question, referenceTerms) : [];
  const said = (strongest(question, words, alive)?.members.length ?? 0) >= LEAST_SIZE;
  const groups = said ? words : neighbourhoods(question, near);
  const clusters: Cluster[] = [];
  const centers: number[] = [];
  let excess = 0;
  while (clusters.length < MOST_CLUSTERS) {
    const best = strongest(question, groups, alive);
    if (best === null || (clusters.length > 0 && !isWorthTelling(best, excess, question))) break;
    for (const member of best.members) alive[member] = 0;
    excess += best.members.length - best.expected;
    const center = best.center ?? medoidOf(question, best.members);
    const cluster = describe(question, best, center, referenceTerms);
    if (cluster.terms.length === 0 && best.members.length >= LEAST_SIZE) continue;
    clusters.push(cluster);
    centers.push(center);
  }
  return {
    clusters,
    centers,
    terms: distinctiveTerms(candidates.texts, referenceTerms, ALL_TERMS, { leastGain: SURE_GAIN }),
    sticky: stickyToken(candidates.texts, reference.texts),
    shareNew: Math.min(1, Math.max(0, excess / Math.max(1, since))),
  };
}

/**
 * The cosine that one pair of reference texts in 200 exceeds: a scale that fits each encoder and each length of text
 * (measured: .51 for MiniLM and .54 for the hash encoder on requests, .42 for the hash encoder on long sentences).
 */
export function nearOf(reference: Float32Array, dim: number, tensors: Tensors): number {
  const step = Math.max(1, Math.floor(reference.length / dim / NEAR_SAMPLE));
  const rows = Math.ceil(reference.length / dim / step);
  const pairs = (rows * (rows - 1)) / 2;
  if (pairs < 200) return NEAR_HASH;
  const sample = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++) sample.set(reference.subarray(i * step * dim, (i * step + 1) * dim), i * dim);
  const matrix = tensors.matrix(sample, rows, dim);
  const products = matrix.products(sample, rows);
  matrix.dispose();
  const cosines = new Float64Array(pairs);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const rough = products[i * rows + j]!;
      // The same on every backend; what is clearly too far for any scale need not be exact.
      cosines[at++] = rough < LEAST_NEAR - 0.01 ? rough : product(sample, i, sample, j, dim);
    }
  }
  return Math.min(MOST_NEAR, Math.max(LEAST_NEAR, quantile(cosines.sort(), 0.995)));
}

/** Beside the first: no chance, or a part of what scores say is new and no cluster has explained so far. */
function isWorthTelling({ members, gain }: Best, excess: number, { expected = 0, since }: Question): boolean {
  return gain >= SURE_GAIN || (members.length >= LEAST_SIZE && excess < (expected * since) / 2);
}

/** The member most alike the others, of those unlike the reference where there are such. */
function medoidOf({ candidates, dim, unlike }: Question, members: readonly number[]): number {
  const far = members.filter((member) => unlike?.[member] === 1);
  let best = members[0]!;
  let most = Number.NEGATIVE_INFINITY;
  for (const one of far.length > 0 ? far : members) {
    let sum = 0;
    for (const other of members) sum += product(candidates.embeddings, one, candidates.embeddings, other, dim);
    if (sum <= most) continue;
    most = sum;
    best = one;
  }
  return best;
}

function describe(question: Question, best: Best, center: number, referenceTerms: TermIndex): Cluster {
  const { candidates, reference, since, dim } = question;
  const nearest = best.members
    .map((member) => ({
      member,
      cosine: product(candidates.embeddings, center, candidates.embeddings, member, dim),
    }))
    .sort((a, b) => b.cosine - a.cosine || a.member - b.member)
    .map(({ member }) => candidates.texts[member]!);
  const medoid = candidates.texts[center]!;
  const fresh = question.known === true ? [] : distinctiveTerms(nearest, referenceTerms, TERMS, OF_CLUSTER);
  const terms = fresh.length > 0 ? fresh : ownTerms(question, center, nearest, referenceTerms);
  return {
    name: terms.length > 0 ? terms.slice(0, 3).join(", ") : medoid.slice(0, 40),
    terms,
    examples: [...new Map(nearest.map((text) => [text.trim().toLowerCase(), text])).values()].slice(0, EXAMPLES),
    medoid,
    share: best.members.length / since,
    shareBefore: best.before / Math.max(1, reference.texts.length),
    lift: best.members.length / best.expected,
    size: best.members.length,
  };
}

/** What a known topic says and the rest of the reference does not. */
function ownTerms(
  { tensors, candidates, reference, dim, near }: Question,
  center: number,
  group: readonly string[],
  referenceTerms: TermIndex,
): string[] {
  const rows = reference.texts.length;
  if (rows === 0) return [];
  const matrix = tensors.matrix(candidates.embeddings.subarray(center * dim, (center + 1) * dim), 1, dim);
  const products = matrix.products(reference.embeddings, rows);
  matrix.dispose();
  const limit = near ?? nearOf(reference.embeddings, dim, tensors);
  const alike = reference.texts.filter((_, i) => !(products[i]! < limit));
  return distinctiveTerms(group, withoutSome(referenceTerms, alike), TERMS, OF_CLUSTER);
}

function product(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  const from = i * dim;
  const to = j * dim;
  let s0 = 0;
  let s1 = 0;
  let k = 0;
  for (; k + 1 < dim; k += 2) {
    s0 += a[from + k]! * b[to + k]!;
    s1 += a[from + k + 1]! * b[to + k + 1]!;
  }
  if (k < dim) s0 += a[from + k]! * b[to + k]!;
  return s0 + s1;
}
