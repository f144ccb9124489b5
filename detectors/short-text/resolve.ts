import type { Embedder, StepItem } from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";
import { centre } from "./centre.ts";
import { claimedDimension, decodeEmbedding, type TextEvent, textOf, wrongDimension } from "./event.ts";
import { checkWeights } from "./fingerprint.ts";
import { encode } from "./hash-encoder.ts";
import type { Options } from "./options.ts";
import { type Reference, type Source, scoringOf } from "./reference.ts";
import { scoreOf } from "./score.ts";
import type { State } from "./state.ts";

/** What of an event does not depend on the running state. */
export interface Prepared {
  /** The reference it was placed against; a step against another one places it again. */
  readonly reference: Reference | null;
  /** The kind of vector and its dimension (0: unknown) that the key had then. */
  readonly source: Source;
  readonly dim: number;
  readonly rejection: Rejection | null;
  readonly vector: Float32Array | null;
  score: number;
  cluster: number;
  /** Cluster among vectors without the middle. */
  region: number;
}

type Item = Pick<StepItem<TextEvent, State>, "state" | "event">;

export interface Resolving {
  readonly embedder: Embedder;
  readonly options: Options;
}

/** Vectors and places of a batch: nearest neighbours of all texts that share a reference at once. */
export function resolve(batch: readonly Item[], how: Resolving): Prepared[] | Promise<Prepared[]> {
  if (how.embedder.kind !== "external") return resolveWith(batch, null, how);
  const texts: string[] = [];
  const rows = batch.map((item) => {
    if (sourceOf(item, how) !== "external" || item.event.text === undefined) return -1;
    return texts.push(textOf(item.event, how.options)) - 1;
  });
  if (texts.length === 0) return resolveWith(batch, null, how);
  const { dim } = how.embedder;
  return how.embedder.embed(texts).then((all) => {
    for (const [i, { state }] of batch.entries()) if (rows[i]! >= 0) checkWeights(state.fingerprint, how.embedder);
    const vectors = rows.map((row) => (row < 0 ? null : all.slice(row * dim, (row + 1) * dim)));
    return resolveWith(batch, vectors, how);
  });
}

/** Whether the state is still as it was when this was prepared, as far as that matters. */
export function isFresh(prepared: Prepared, item: Item, how: Resolving): boolean {
  const { watch, dim } = item.state;
  if (watch !== null) return prepared.reference === watch.reference;
  if (prepared.reference !== null || prepared.source !== sourceOf(item, how)) return false;
  return prepared.dim === dim || (prepared.vector !== null && prepared.vector.length === dim);
}

/** A key keeps the source of its first event. */
export function sourceOf(item: Item, how: Resolving): Source {
  if (item.state.source !== null) return item.state.source;
  if (item.event.embedding !== undefined || how.embedder.kind === "none") return "given";
  return how.embedder.kind === "hash" ? "hash" : "external";
}

function resolveWith(
  batch: readonly Item[],
  external: readonly (Float32Array | null)[] | null,
  how: Resolving,
): Prepared[] {
  const out: Prepared[] = new Array(batch.length);
  const groups = new Map<Reference, number[]>();
  batch.forEach((item, i) => {
    const reference = item.state.watch?.reference ?? null;
    if (reference === null) {
      out[i] = resolveLearning(item, external?.[i] ?? null, how);
      return;
    }
    const group = groups.get(reference);
    if (group === undefined) groups.set(reference, [i]);
    else group.push(i);
  });
  for (const [reference, members] of groups) place(batch, reference, members, external, how.options, out);
  return out;
}

function place(
  batch: readonly Item[],
  reference: Reference,
  members: readonly number[],
  external: readonly (Float32Array | null)[] | null,
  options: Options,
  out: Prepared[],
): void {
  const { dim, facts } = reference;
  const { neighbours, hubness } = scoringOf(facts, options);
  const vectors = new Float32Array(members.length * dim);
  let count = 0;
  const rows: number[] = [];
  for (const i of members) {
    const rejection = fill(batch[i]!.event, external?.[i] ?? null, { reference, options }, vectors, count);
    if (rejection !== null) {
      out[i] = { reference, source: reference.source, dim, rejection, vector: null, score: 0, cluster: 0, region: 0 };
      continue;
    }
    const vector = vectors.subarray(count * dim, (count + 1) * dim);
    out[i] = { reference, source: reference.source, dim, rejection: null, vector, score: 0, cluster: 0, region: 0 };
    rows.push(i);
    count += 1;
  }
  if (count === 0) return;
  const cluster = reference.centres.nearest(vectors, count, 1);
  // Texts keep their own vectors: another reference has another middle.
  const placed = vectors.slice(0, count * dim);
  centre(placed, count, reference.middle);
  const region = reference.regionCentres?.nearest(placed, count, 1) ?? cluster;
  const similarity = reference.autoencoder?.similarities(placed, count) ?? null;
  const k = Math.min(neighbours, reference.rows);
  const near = similarity === null ? reference.search.nearest(placed, count, k) : null;
  rows.forEach((i, row) => {
    out[i]!.cluster = cluster.indices[row]!;
    out[i]!.region = region.indices[row]!;
    out[i]!.score =
      near === null ? 1 - similarity![row]! : scoreOf(near.indices, near.products, row * k, k, reference.own, hubness);
  });
}

/** Writes the event's vector into a row. */
function fill(
  event: TextEvent,
  external: Float32Array | null,
  { reference, options }: { readonly reference: Reference; readonly options: Options },
  vectors: Float32Array,
  row: number,
): Rejection | null {
  if (reference.source === "given") {
    if (event.embedding === undefined) return missing("embedding");
    return decodeEmbedding(event.embedding, vectors, row, reference.dim);
  }
  if (event.text === undefined) return missing("text");
  const vector = reference.source === "hash" ? encode(reference.encoder!, textOf(event, options)) : external!;
  if (vector.length !== reference.dim) return wrongDimension(vector.length, reference.dim);
  vectors.set(vector, row * reference.dim);
  return null;
}

/** While learning, texts are kept and embeddings decoded; their dimension is judged by the step. */
function resolveLearning(item: Item, external: Float32Array | null, how: Resolving): Prepared {
  const source = sourceOf(item, how);
  const { event, state } = item;
  const result = (rejection: Rejection | null, vector: Float32Array | null): Prepared => {
    return { reference: null, source, dim: state.dim, rejection, vector, score: 0, cluster: 0, region: 0 };
  };
  if (source === "hash") return result(event.text === undefined ? missing("text") : null, null);
  if (source === "external") return event.text === undefined ? result(missing("text"), null) : result(null, external);
  if (event.embedding === undefined) return result(missing("embedding"), null);
  const claimed = claimedDimension(event.embedding);
  const wanted = how.options.dimension ?? (state.dim > 0 ? state.dim : claimed);
  if (!(claimed > 0 && claimed === wanted)) return result(wrongDimension(claimed, wanted), null);
  const vector = new Float32Array(claimed);
  const rejection = decodeEmbedding(event.embedding, vector, 0, claimed);
  return result(rejection, rejection === null ? vector : null);
}

function missing(field: string): Rejection {
  return { reason: "missing-field", detail: `Field ${field} is missing.` };
}
