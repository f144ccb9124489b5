import type { Question } from "./interpret.ts";
import { type TermIndex, termsIn } from "./terms.ts";

/** Candidates that may be one topic. */
export interface Group {
  /** The candidate that it is around; null: a word holds it together. */
  readonly center: number | null;
  readonly members: readonly number[];
  /** Texts of the reference that would be of it. */
  readonly before: number;
}

/** A group with what speaks for it. */
export interface Best extends Group {
  readonly gain: number;
  readonly expected: number;
}

/** Share of the reference that is as unlike the rest as `unlike` says. */
export const USUALLY_UNLIKE = 0.1;
const LEAST_LIFT = 1.25;
/** Candidates multiplied at once. */
const SLICE = 64;

/** Around every candidate that may be a center those near it, the largest first. */
export function neighbourhoods(question: Question, near: number): Group[] {
  const centers = question.centers ?? question.candidates.texts.map((_, i) => i);
  const before = countsInReference(question, centers, near);
  const links = neighbours(question, near);
  return centers
    .map((center, i) => ({ center, members: links[center]!, before: before[i]! }))
    .sort((a, b) => b.members.length - a.members.length || a.center - b.center);
}

/**
 * For every word or pair of words the candidates that say it. Vectors of an encoder that knows words and no meanings lie near
 * one another by accident where a topic has few texts; a word that the reference lacks does not come four times by accident.
 */
export function wordGroups({ candidates }: Question, reference: TermIndex): Group[] {
  const groups = new Map<string, number[]>();
  candidates.texts.forEach((text, i) => {
    for (const term of termsIn(text)) {
      const members = groups.get(term);
      if (members === undefined) groups.set(term, [i]);
      else members.push(i);
    }
  });
  return [...groups]
    .filter(([, members]) => members.length > 1)
    .map(([term, members]) => ({ center: null, members, before: reference.frequency.get(term) ?? 0 }));
}

/** The group that grew most beyond the reference: n ln(n/E) − (n − E), E = since·(m + 1)/(R + 1), and whose texts are unlike it. */
export function strongest(question: Question, groups: readonly Group[], alive: Uint8Array): Best | null {
  const { since, reference, unlike } = question;
  const unit = since / (reference.texts.length + 1);
  let best: Best | null = null;
  let most = 0;
  for (const group of groups) {
    const { center, before } = group;
    if (center !== null && !alive[center]) continue;
    const members = group.members.filter((member) => alive[member]);
    const expected = unit * (before + 1);
    const grown = gainOf(members.length, expected);
    if (grown === 0) continue;
    let evidence = grown + unlikeness(members, center, unlike);
    // Of those who say a word that was known a part is what it was: all the more the more there were.
    if (center === null) evidence *= 1 - expected / members.length;
    if (evidence <= most) continue;
    most = evidence;
    best = { center, members, before, gain: grown, expected };
  }
  return best;
}

function gainOf(n: number, expected: number): number {
  return n > LEAST_LIFT * expected ? n * Math.log(n / expected) - (n - expected) : 0;
}

/** Log likelihood that the share of the unlike among the members other than its center is theirs and not the usual one. */
function unlikeness(members: readonly number[], center: number | null, unlike: Uint8Array | undefined): number {
  const n = members.length - (center === null ? 0 : 1);
  if (unlike === undefined || n < 1) return 0;
  const far = members.reduce((sum, member) => sum + (member === center ? 0 : unlike[member]!), 0);
  if (far <= USUALLY_UNLIKE * n) return 0;
  const rest = n - far;
  return (
    far * Math.log(far / (USUALLY_UNLIKE * n)) + (rest > 0 ? rest * Math.log(rest / ((1 - USUALLY_UNLIKE) * n)) : 0)
  );
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

/** For each of some candidates the number of reference texts near it. */
function countsInReference(
  { tensors, candidates, reference, dim }: Question,
  some: readonly number[],
  near: number,
): Uint32Array {
  const rows = reference.texts.length;
  const counts = new Uint32Array(some.length);
  const matrix = tensors.matrix(reference.embeddings, rows, dim);
  const slice = new Float32Array(SLICE * dim);
  for (let from = 0; from < some.length; from += SLICE) {
    const many = Math.min(SLICE, some.length - from);
    for (let i = 0; i < many; i++) {
      const row = some[from + i]! * dim;
      slice.set(candidates.embeddings.subarray(row, row + dim), i * dim);
    }
    const products = matrix.products(slice.subarray(0, many * dim), many);
    for (let i = 0; i < many; i++) {
      const end = (i + 1) * rows;
      let n = 0;
      for (let at = i * rows; at < end; at++) if (products[at]! >= near) n++;
      counts[from + i] = n;
    }
  }
  matrix.dispose();
  return counts;
}
