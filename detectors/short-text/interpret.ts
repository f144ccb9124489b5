import type { Tensors } from "../../engine/tensors.ts";
import { quantile } from "../statistics/normal.ts";
import { stickyToken } from "./sticky.ts";
import { distinctiveTerms, indexTerms, type TermIndex } from "./terms.ts";

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

/** Share of the reference that is as unlike the rest as `unlike` says. */
export const USUALLY_UNLIKE = 0.1;
/** Used where the caller takes no measure of the reference: sentence-transformer embeddings, hash encoder. */
export const NEAR_EMBEDDING = 0.5;
export const NEAR_HASH = 0.5;

const MOST_CLUSTERS = 5;
const LEAST_SIZE = 3;
const LEAST_LIFT = 1.25;
/** Gain from which a cluster or a term is no chance among hundreds. */
const SURE_GAIN = 8;
const EXAMPLES = 5;
const TERMS = 6;
const ALL_TERMS = 10;
const NEAR_SAMPLE = 400;
/** Candidates multiplied at once. */
const SLICE = 64;
/** A cluster whose members share no words is an accident of the encoder. */
const OF_CLUSTER = { leastShare: 0.15 };

/**
 * What is new, by gain: of all candidates the one whose neighbourhood grew most beyond the reference,
 * n ln(n/E) − (n − E) with E = since·(m + 1)/(R + 1), n and m its neighbours since the onset and in the reference;
 * its neighbours leave, and again.
 */
export function interpret(question: Question): Interpretation {
  const { candidates, reference, since } = question;
  const referenceTerms = question.referenceTerms ?? indexTerms(reference.texts);
  const near = question.near ?? nearOf(reference.embeddings, question.dim);
  const links = neighbours(question, near);
  const alive = new Uint8Array(candidates.texts.length).fill(1);
  const before = countsInReference(question, near);
  const clusters: Cluster[] = [];
  const centers: number[] = [];
  let excess = 0;
  while (clusters.length < MOST_CLUSTERS) {
    const best = strongest(question, links, alive, before);
    if (best === null || (clusters.length > 0 && !isWorthTelling(best, excess, question))) break;
    for (const member of best.members) alive[member] = 0;
    excess += best.members.length - best.expected;
    const cluster = describe(question, best, referenceTerms);
    if (cluster.terms.length === 0 && best.members.length >= LEAST_SIZE) continue;
    clusters.push(cluster);
    centers.push(best.center);
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
export function nearOf(reference: Float32Array, dim: number): number {
  const rows = reference.length / dim;
  const step = Math.max(1, Math.floor(rows / NEAR_SAMPLE));
  const cosines: number[] = [];
  for (let i = 0; i < rows; i += step) {
    for (let j = 0; j < i; j += step) cosines.push(product(reference, i, reference, j, dim));
  }
  if (cosines.length < 200) return NEAR_HASH;
  const sorted = Float64Array.from(cosines).sort();
  return Math.min(0.75, Math.max(0.35, quantile(sorted, 0.995)));
}

/** Beside the first: no chance, or a part of what scores say is new and no cluster has explained so far. */
function isWorthTelling({ members, gain }: Best, excess: number, { expected = 0, since }: Question): boolean {
  return gain >= SURE_GAIN || (members.length >= LEAST_SIZE && excess < (expected * since) / 2);
}

interface Best {
  readonly center: number;
  readonly gain: number;
  readonly members: readonly number[];
  readonly expected: number;
  readonly before: number;
}

function strongest(
  question: Question,
  links: readonly (readonly number[])[],
  alive: Uint8Array,
  before: Uint32Array,
): Best | null {
  const { since, reference } = question;
  const allowed = question.centers && new Set(question.centers);
  const may = (center: number): boolean => allowed === undefined || allowed.has(center);
  const sized = links
    .flatMap((all, center) =>
      alive[center] && may(center) ? [{ center, members: all.filter((other) => alive[other]) }] : [],
    )
    .sort((a, b) => b.members.length - a.members.length || a.center - b.center);
  const unit = since / (reference.texts.length + 1);
  let best: Best | null = null;
  let bestEvidence = 0;
  for (const { center, members } of sized) {
    const m = before[center]!;
    const expected = unit * (m + 1);
    const grown = gain(members.length, expected);
    if (grown === 0) continue;
    const evidence = grown + unlikeness(members, center, question.unlike);
    if (evidence > bestEvidence) {
      bestEvidence = evidence;
      best = { center, gain: grown, members, expected, before: m };
    }
  }
  return best;
}

/** Log likelihood that the share of the unlike among the members other than its center is theirs and not the usual one. */
function unlikeness(members: readonly number[], center: number, unlike: Uint8Array | undefined): number {
  if (unlike === undefined || members.length < 2) return 0;
  const n = members.length - 1;
  const far = members.reduce((sum, member) => sum + (member === center ? 0 : unlike[member]!), 0);
  if (far <= USUALLY_UNLIKE * n) return 0;
  const rest = n - far;
  return (
    far * Math.log(far / (USUALLY_UNLIKE * n)) + (rest > 0 ? rest * Math.log(rest / ((1 - USUALLY_UNLIKE) * n)) : 0)
  );
}

function gain(n: number, expected: number): number {
  return n > LEAST_LIFT * expected ? n * Math.log(n / expected) - (n - expected) : 0;
}

function describe(question: Question, best: Best, referenceTerms: TermIndex): Cluster {
  const { candidates, reference, since, dim } = question;
  const nearest = best.members
    .map((member) => ({
      member,
      cosine: product(candidates.embeddings, best.center, candidates.embeddings, member, dim),
    }))
    .sort((a, b) => b.cosine - a.cosine || a.member - b.member)
    .map(({ member }) => candidates.texts[member]!);
  const medoid = candidates.texts[best.center]!;
  const fresh = question.known === true ? [] : distinctiveTerms(nearest, referenceTerms, TERMS, OF_CLUSTER);
  const terms = fresh.length > 0 ? fresh : ownTerms(question, best.center, nearest);
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
): string[] {
  const rows = reference.texts.length;
  if (rows === 0) return [];
  const matrix = tensors.matrix(candidates.embeddings.subarray(center * dim, (center + 1) * dim), 1, dim);
  const products = matrix.products(reference.embeddings, rows);
  matrix.dispose();
  const limit = near ?? nearOf(reference.embeddings, dim);
  const rest = reference.texts.filter((_, i) => products[i]! < limit);
  return distinctiveTerms(group, indexTerms(rest), TERMS, OF_CLUSTER);
}

/** For every candidate the candidates near it, itself first in count whatever its vector. */
function neighbours({ tensors, candidates, dim }: Question, near: number): number[][] {
  const { embeddings, texts } = candidates;
  const n = texts.length;
  const out: number[][] = texts.map((_, i) => [i]);
  const matrix = tensors.matrix(embeddings, n, dim);
  const products = matrix.products(embeddings, n);
  matrix.dispose();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      if (products[i * n + j]! < near) continue;
      out[i]!.push(j);
      out[j]!.push(i);
    }
  }
  return out;
}

/** For every candidate the number of reference texts near it. */
function countsInReference({ tensors, candidates, reference, dim }: Question, near: number): Uint32Array {
  const rows = reference.texts.length;
  const n = candidates.texts.length;
  const counts = new Uint32Array(n);
  const matrix = tensors.matrix(reference.embeddings, rows, dim);
  for (let from = 0; from < n; from += SLICE) {
    const many = Math.min(SLICE, n - from);
    const products = matrix.products(candidates.embeddings.subarray(from * dim, (from + many) * dim), many);
    for (let at = 0; at < products.length; at++) {
      if (products[at]! >= near) counts[from + Math.floor(at / rows)]!++;
    }
  }
  matrix.dispose();
  return counts;
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
