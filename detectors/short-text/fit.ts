import type { AutoencoderWeights, Tensors } from "../../engine/tensors.ts";
import { fromFloat16, toFloat16 } from "../statistics/float16.ts";
import { quantile } from "../statistics/normal.ts";
import { nextUint32, type Random } from "../statistics/random.ts";
import { TRAINING } from "./autoencoder.ts";
import { centre, middleOf } from "./centre.ts";
import { factsOf } from "./facts.ts";
import { encodeMany, fitHashEncoder, type HashEncoder } from "./hash-encoder.ts";
import { kMeans } from "./k-means.ts";
import type { Learnt } from "./learning.ts";
import { learnMap } from "./map.ts";
import { isRepetitive, nearDuplicates, withoutRepeats } from "./near-repeats.ts";
import { exclusion, type Neighbours, neighboursOf } from "./neighbours.ts";
import type { Options } from "./options.ts";
import { type ReferenceData, type Scoring, type Source, scoringFor } from "./reference.ts";
import { sampleRows } from "./sample-rows.ts";
import { binOf, scoreOf } from "./score.ts";
import { orderForSplit, type Turns, turnsOf } from "./split.ts";
import { leaveOneOut, SURROUNDINGS, spreadAround } from "./spread.ts";

/** Texts kept for the explanation are cut to this length. */
const SHOWN = 300;
/** Rows that the clusters are learnt from at most; all are assigned. */
const MOST_CLUSTERED = 20_000;

/** Learns what is normal from the gathered texts; where an autoencoder has to be trained, that takes its time. */
export function learnReference(
  learnt: readonly Learnt[],
  source: Source,
  options: Options,
  tensors: Tensors,
  random: Random,
): ReferenceData | Promise<ReferenceData> {
  const all = gather(learnt, source, options, tensors, random);
  const order = orderOf(all);
  const repeating = nearDuplicates(all.vectors, order, all.dim);
  // Turns of one conversation may be alike: session ids see to them.
  const told = isRepetitive(repeating) && !all.sessions.ids;
  const kept = told ? withoutRepeats(learnt, all.vectors, order, all.dim) : learnt;
  // Where little is left, repeating is what this stream does.
  const repetitive = kept.length < learnt.length && kept.length >= learnt.length / 2;
  const gathered = {
    ...(repetitive ? gather(kept, source, options, tensors, random) : all),
    repeating,
    repetitive,
  };
  if (options.scheme !== "paper") return complete(gathered, null, options, tensors);
  const { vectors, rows, dim } = gathered;
  return tensors
    .trainAutoencoder(vectors.subarray(0, rows * dim), rows, dim, { ...TRAINING, seed: nextUint32(random) })
    .then((weights) => complete(gathered, weights, options, tensors));
}

function gather(
  learnt: readonly Learnt[],
  source: Source,
  options: Options,
  tensors: Tensors,
  random: Random,
): Gathered {
  const sessions = turnsOf(learnt);
  const split = source === "hash" || options.guarantee || options.scheme === "paper";
  const { events, rows } = split
    ? orderForSplit(learnt, sessions.ids, random)
    : { events: learnt, rows: learnt.length };
  const found = vectorsOf(events, rows, source, random);
  // Before the middle is taken off: topics are known by the whole vector.
  const topics = clustersOf({ ...found, rows }, options.clusters ?? clustersFor(learnt.length), tensors, random);
  const middle = options.scheme === "paper" ? null : middleOf(found.vectors, rows, found.dim);
  const vectors = placed(found, middle);
  const regions = middle && clustersOf({ vectors, dim: found.dim, rows }, topics.clusters, tensors, random);
  return { learnt, sessions, split, events, rows, source, ...found, ...topics, middle, vectors, regions };
}

/** Rows in stream order. */
function orderOf({ learnt, events }: Gathered): readonly number[] {
  const rowOf = new Map(events.map((event, row) => [event.index, row]));
  return learnt.map((event) => rowOf.get(event.index)!);
}

interface Gathered {
  readonly learnt: readonly Learnt[];
  readonly sessions: Turns;
  /** The first `rows` are compared with, the others calibrate. */
  readonly split: boolean;
  readonly events: readonly Learnt[];
  readonly rows: number;
  readonly source: Source;
  readonly middle: Float32Array | null;
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly encoder: HashEncoder | null;
  readonly centroids: Float32Array;
  readonly clusters: number;
  /** Cluster of every text, in the order of the rows. */
  readonly assignment: Uint8Array;
  /** The same of vectors without the middle. */
  readonly regions: Clustered | null;
}

type Clustered = Pick<Gathered, "centroids" | "clusters" | "assignment">;

function clustersFor(learnt: number): number {
  return Math.min(50, Math.max(5, Math.floor(learnt / 20)));
}

function clustersOf(
  { vectors, dim, rows }: Pick<Gathered, "vectors" | "dim" | "rows">,
  wanted: number,
  tensors: Tensors,
  random: Random,
): Clustered {
  const sample = sampleRows(vectors, rows, dim, MOST_CLUSTERED);
  const km = kMeans(sample.vectors, sample.rows, dim, Math.min(wanted, sample.rows), tensors, random);
  const centres = tensors.matrix(km.centroids, km.count, dim);
  const assignment = Uint8Array.from(centres.nearest(vectors, vectors.length / dim, 1).indices);
  centres.dispose();
  return { centroids: km.centroids, clusters: km.count, assignment };
}

/** Without their middle, in values that float16 holds: what is saved is what is used. */
function placed({ vectors, dim }: Pick<Gathered, "vectors" | "dim">, middle: Float32Array | null): Float32Array {
  centre(vectors, vectors.length / dim, middle);
  return fromFloat16(toFloat16(vectors));
}

function complete(
  gathered: Gathered & { readonly repeating: number; readonly repetitive: boolean },
  weights: AutoencoderWeights | null,
  options: Options,
  tensors: Tensors,
): ReferenceData {
  const { sessions, split, events, rows, source, middle, vectors, dim, encoder } = gathered;
  const { centroids, clusters, assignment, regions } = gathered;
  const excluded = exclusion(events, sessions.ids);
  const scoring = scoringFor(source, options);
  const k = Math.max(scoring.neighbours, SURROUNDINGS);
  const near = neighboursOf(vectors, dim, { rows, from: 0, to: rows, k, excluded, tensors });
  const spread = spreadAround(near, scoring.neighbours);
  const own = Float64Array.from({ length: rows }, (_, i) => spread.around(i));
  const scores =
    weights !== null
      ? reconstructionScores(weights, vectors.subarray(rows * dim), events.length - rows, tensors)
      : split
        ? calibrationScores(vectors, dim, rows, events.length, own, scoring, excluded, tensors)
        : Float64Array.from({ length: rows }, (_, i) => leaveOneOut(near, spread, i, scoring));
  const sorted = Float64Array.from(scores).sort();
  const far = quantile(sorted, 1 - options.farShare);
  const firstScored = split ? rows : 0;
  const clusterCounts = new Float64Array(clusters);
  for (let i = 0; i < events.length; i++) increment(clusterCounts, assignment[i]!);
  const regionOf = regions?.assignment ?? assignment;
  const cellCounts = new Float64Array(clusters + 1);
  scores.forEach((score, i) => {
    increment(cellCounts, score > far ? regionOf[firstScored + i]! : clusters);
  });
  return {
    source,
    dim,
    middle,
    texts: events.map((event) => event.text.slice(0, SHOWN)),
    vectors,
    rows,
    own,
    centroids,
    clusters,
    assignment,
    regions: regions?.centroids ?? null,
    bins: Uint16Array.from(sorted, (score) => binOf(score, options.bins)),
    far,
    high: quantile(sorted, 0.9),
    clusterCounts,
    cellCounts,
    facts: factsOf({ ...gathered, order: orderOf(gathered) }, options),
    map: learnMap(vectors, events.length, dim),
    encoder,
    weights,
  };
}

/** Never of texts that it was trained on. */
function reconstructionScores(
  weights: AutoencoderWeights,
  vectors: Float32Array,
  count: number,
  tensors: Tensors,
): Float64Array {
  const autoencoder = tensors.autoencoder(weights);
  const scores = Float64Array.from(autoencoder.similarities(vectors, count), (s) => 1 - s);
  autoencoder.dispose();
  return scores;
}

function vectorsOf(
  events: readonly Learnt[],
  rows: number,
  source: Source,
  random: Random,
): { vectors: Float32Array; dim: number; encoder: HashEncoder | null } {
  if (source !== "hash") {
    const dim = events[0]!.vector!.length;
    const vectors = new Float32Array(events.length * dim);
    events.forEach((event, i) => {
      vectors.set(event.vector!, i * dim);
    });
    return { vectors, dim, encoder: null };
  }
  const texts = events.map((event) => event.text);
  const encoder = fitHashEncoder(texts.slice(0, rows), nextUint32(random));
  return { vectors: encodeMany(encoder, texts), dim: encoder.dim, encoder };
}

function calibrationScores(
  vectors: Float32Array,
  dim: number,
  rows: number,
  count: number,
  own: Float64Array,
  scoring: Scoring,
  excluded: (i: number, j: number) => boolean,
  tensors: Tensors,
): Float64Array {
  const near = neighboursOf(vectors, dim, { rows, from: rows, to: count, k: scoring.neighbours, excluded, tensors });
  return Float64Array.from({ length: count - rows }, (_, i) => scoreAt(near, i, own, scoring.hubness));
}

function scoreAt(near: Neighbours, i: number, own: Float64Array, hubness: number): number {
  return scoreOf(near.indices, near.products, i * near.k, near.found[i]!, own, hubness);
}

function increment(counts: Float64Array, at: number): void {
  counts[at] = counts[at]! + 1;
}
