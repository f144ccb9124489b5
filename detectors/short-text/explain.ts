import type { Onset } from "../../engine/signal.ts";
import type { Kind } from "./episode.ts";
import { USUALLY_UNLIKE } from "./groups.ts";
import { type EmbeddedTexts, interpret, nearOf } from "./interpret.ts";
import { packVector } from "./pack-vector.ts";
import { recallPlaced } from "./recent.ts";
import type { Reference } from "./reference.ts";
import { sampleRows } from "./sample-rows.ts";
import { indexTerms, type TermIndex } from "./terms.ts";
import {
  countClusters,
  keepNames,
  type NamedCluster,
  type VanishedTopic,
  vanishedTopics,
  withoutTexts,
} from "./topics.ts";
import type { Watch } from "./watch.ts";

/** What a signal explains; documented in the detector's header. */
export interface Explanation extends Readonly<Record<string, unknown>> {
  readonly kind: Kind;
  readonly clusters: readonly NamedCluster[];
  /** What the texts since the onset say more than the reference, all clusters together. */
  readonly terms: readonly string[];
  readonly shareNew: number;
  /** Share of the texts since the onset above the reference's 90 % quantile of scores; before it was a tenth. */
  readonly shareUnlike: number;
  /** Topics of the reference that are hardly said any more, most missed first. */
  readonly vanished: readonly VanishedTopic[];
  /** A token that is no word in most of the new texts, or null. */
  readonly sticky: string | null;
  /** Events from which it was made: the last texts since the onset, at most 512. */
  readonly window: { readonly from: number; readonly to: number; readonly texts: number };
  readonly onset: Onset | null;
  readonly reference: Readonly<Record<string, unknown>>;
  readonly promise: number;
  readonly warnings: readonly string[];
}

export interface Explained {
  readonly explanation: Explanation;
  /** Vectors of the clusters' medoids, packed: they outlive the texts. */
  readonly centres: readonly string[];
}

export const NO_EXPLANATION: Explanation = {
  kind: "drift",
  clusters: [],
  terms: [],
  shareNew: 0,
  shareUnlike: 0,
  vanished: [],
  sticky: null,
  window: { from: 0, to: 0, texts: 0 },
  onset: null,
  reference: {},
  promise: 0,
  warnings: [],
};

/** With fewer far texts than this they say nothing. */
const LEAST_FAR = 5;

const termIndexes = new WeakMap<Reference, TermIndex>();
const nears = new WeakMap<Reference, number>();

/**
 * What is new since the onset, by gain: around texts that are far from the reference, but counting every text since then,
 * for the core of a new topic is seldom far. A surge is of something known, so any text may be its center.
 */
export function explain(
  watch: Watch,
  kind: Kind,
  onset: Onset,
  promise: number,
  { before = [], show = true }: { before?: readonly NamedCluster[]; show?: boolean } = {},
): Explained {
  const { reference } = watch;
  const { events, vectors } = recallPlaced(watch.recent, onset.index, reference.middle);
  const far = events.flatMap((event, i) => (event.high ? [i] : []));
  const shareUnlike = far.length / Math.max(1, events.length);
  const found = interpret({
    tensors: reference.tensors,
    dim: reference.dim,
    candidates: { texts: events.map((e) => e.text), embeddings: vectors },
    ...(kind === "drift" && far.length >= LEAST_FAR ? { centers: far } : {}),
    since: events.length,
    reference: shownOf(reference),
    near: nearFor(reference),
    referenceTerms: termsOf(reference),
    lexical: kind === "drift" && reference.source === "hash",
    known: kind === "surge",
    ...(kind === "drift"
      ? { expected: excessOf(shareUnlike), unlike: Uint8Array.from(events, (event) => (event.high ? 1 : 0)) }
      : {}),
  });
  const clusters = show ? found.clusters : found.clusters.map(withoutTexts);
  const vanished = vanishedTopics(reference, countClusters(watch, onset.index));
  const explanation: Explanation = {
    kind,
    clusters: keepNames(clusters, before, kind),
    terms: found.terms,
    shareNew: found.shareNew,
    shareUnlike,
    vanished: show ? vanished : vanished.map(withoutTexts),
    sticky: found.sticky,
    window: { from: events[0]?.index ?? onset.index, to: events.at(-1)?.index ?? onset.index, texts: events.length },
    onset,
    reference: {
      size: reference.texts.length,
      from: reference.facts.from,
      to: reference.facts.to,
      embedding: reference.source,
      turnsPerSession: reference.facts.turns,
    },
    promise,
    warnings: reference.facts.warnings,
  };
  const { dim } = reference;
  const centres = found.centers.map((row) => packVector(vectors.subarray(row * dim, (row + 1) * dim)));
  return { explanation, centres };
}

/** Share of new texts that puts so many above the reference's 90 % quantile, if all of them are there. */
function excessOf(shareUnlike: number): number {
  return Math.max(0, (shareUnlike - USUALLY_UNLIKE) / (1 - USUALLY_UNLIKE));
}

/** With fewer texts than this a cluster is an example, no topic. */
const LEAST_TOPIC = 3;

/** Words that a summary names where no topic leads. */
const MOST_WORDS = 4;

/** One sentence that a person would say, and what else there is to know. */
export function summarise(explanation: Explanation, onset: Onset): string {
  const { clusters, kind, sticky, vanished } = explanation;
  const since = `Since about event ${onset.index} (${onset.low}–${onset.high})`;
  const topics = clusters.filter(({ size, terms }) => size >= LEAST_TOPIC && terms.length > 0);
  const top = clusters[0];
  const gone = vanished[0];
  const rest = [
    gone === undefined
      ? ""
      : ` Less is said of ${gone.name}: ${percent(gone.share)}, before ${percent(gone.shareBefore)}.`,
    sticky === null ? "" : ` Most of the new texts carry “${sticky}”, which is no word.`,
  ].join("");
  if (kind === "drift" && isSpread(explanation)) {
    const words = explanation.terms.slice(0, MOST_WORDS).join(", ");
    const say = words === "" ? "" : ` Words that are new or more frequent: ${words}.`;
    const unlike = `${since} ${percent(explanation.shareUnlike)} of texts are unlike the reference, usually ${percent(USUALLY_UNLIKE)}`;
    if (topics.length > 0) return `${unlike}: many topics, the largest ${named(topics.slice(0, 3))}.${say}${rest}`;
    return `${unlike}, with no topic in common${top?.medoid ? `, as “${top.medoid.slice(0, 80)}”` : ""}.${say}${rest}`;
  }
  if (top === undefined)
    return `${since} ${kind === "surge" ? "one topic is more frequent" : "texts are unlike the reference"}.${rest}`;
  const about = top.terms.length > 0 ? top.name : "one another, unlike the rest";
  const others = topics.filter((topic) => topic !== top).slice(0, 2);
  const more = others.length === 0 ? "" : ` Also more: ${named(others)}.`;
  return `${since} ${percent(top.share)} of texts are about ${about}; before ${percent(top.shareBefore)}.${more}${rest}`;
}

/** What scores say is new is far more than the leading topic. */
function isSpread({ clusters, shareUnlike }: Explanation): boolean {
  const excess = excessOf(shareUnlike);
  const top = clusters[0];
  if (top === undefined || top.size < LEAST_TOPIC) return excess > 0;
  return excess > 0.03 && top.share - top.shareBefore < excess / 4;
}

function named(topics: readonly NamedCluster[]): string {
  return topics.map(({ name, share }) => `${name} (${percent(share)})`).join("; ");
}

function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 || value === 0 ? Math.round(value) : Number(value.toFixed(value < 1 ? 2 : 1))} %`;
}

/** How near two texts must be to be about the same, by the reference's own pairs. */
export function nearFor(reference: Reference): number {
  let near = nears.get(reference);
  if (near === undefined) {
    near = nearOf(reference.vectors, reference.dim, reference.tensors);
    nears.set(reference, near);
  }
  return near;
}

/** Rows that new texts are compared with to say what is new: evenly spread, where the reference is large. */
const MOST_COMPARED = 10_000;
const shown = new WeakMap<Reference, EmbeddedTexts>();

function shownOf(reference: Reference): EmbeddedTexts {
  let found = shown.get(reference);
  if (found === undefined) {
    const { vectors, rows } = sampleRows(reference.vectors, reference.texts.length, reference.dim, MOST_COMPARED);
    const every = reference.texts.length / Math.max(1, rows);
    const texts = Array.from({ length: rows }, (_, i) => reference.texts[Math.floor(i * every)]!);
    found = { texts, embeddings: vectors };
    shown.set(reference, found);
  }
  return found;
}

function termsOf(reference: Reference): TermIndex {
  let terms = termIndexes.get(reference);
  if (terms === undefined) {
    terms = indexTerms(shownOf(reference).texts);
    termIndexes.set(reference, terms);
  }
  return terms;
}
