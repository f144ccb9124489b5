import { createReader, createWriter } from "../statistics/bytes.ts";
import { fromFloat16, toFloat16 } from "../statistics/float16.ts";
import { createRandom } from "../statistics/random.ts";
import { BUCKETS, countGrams } from "./ngrams.ts";
import { rightSingularVectors, type Sparse } from "./randomised-svd.ts";

/**
 * Texts to unit vectors without any weights from outside: hashed n-grams → TF-IDF → projection on the leading
 * singular directions of the texts it was fitted on. Immutable.
 */
export interface HashEncoder {
  readonly dim: number;
  /** Row of the projection per bucket, -1 for buckets that the fitting texts did not have. */
  readonly rows: Int32Array;
  /** idf times singular vectors, row-major, in values that float16 holds: what is saved is what is used. */
  readonly projection: Float32Array;
}

const DIM = 128;
/** Keeps the projection clear of float16's coarse small numbers; the length of a vector has no meaning. */
const LARGEST = 4096;

export function fitHashEncoder(texts: readonly string[], seed: number): HashEncoder {
  const { x, idf, rows } = tfIdf(texts);
  if (x.width === 0 || x.rows === 0) return { dim: DIM, rows, projection: new Float32Array(0) };
  const vectors = rightSingularVectors(x, DIM, createRandom(seed, "hash-encoder"));
  return { dim: DIM, rows, projection: weighted(vectors, idf) };
}

export function encode(encoder: HashEncoder, text: string): Float32Array {
  const out = new Float32Array(encoder.dim);
  encodeInto(encoder, text, out, 0);
  return out;
}

/** Row-major [texts.length, dim]; each row is what encode() gives. */
export function encodeMany(encoder: HashEncoder, texts: readonly string[]): Float32Array {
  const out = new Float32Array(texts.length * encoder.dim);
  texts.forEach((text, i) => {
    encodeInto(encoder, text, out, i * encoder.dim);
  });
  return out;
}

export function saveEncoder(encoder: HashEncoder): Uint8Array {
  const buckets = new Uint16Array(encoder.projection.length / encoder.dim);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (encoder.rows[bucket]! >= 0) buckets[encoder.rows[bucket]!] = bucket;
  }
  const writer = createWriter(encoder.projection.length * 2 + buckets.byteLength + 64);
  writer.u32(encoder.dim);
  writer.array(buckets);
  writer.array(toFloat16(encoder.projection));
  return writer.done();
}

export function loadEncoder(bytes: Uint8Array): HashEncoder {
  const reader = createReader(bytes);
  const dim = reader.u32();
  const rows = new Int32Array(BUCKETS).fill(-1);
  reader.u16s().forEach((bucket, row) => {
    rows[bucket] = row;
  });
  return { dim, rows, projection: fromFloat16(reader.u16s()) };
}

const sums = new Float64Array(DIM);
/** Places in the projection and weights of one text's known buckets. */
const places = new Int32Array(BUCKETS + 4);
const weights = new Float64Array(BUCKETS + 4);

function encodeInto(encoder: HashEncoder, text: string, out: Float32Array, at: number): void {
  const { dim, rows } = encoder;
  const bag = countGrams(text);
  let known = 0;
  for (let i = 0; i < bag.size; i++) {
    const bucket = bag.buckets[i]!;
    const row = rows[bucket]!;
    const weight = termWeight(bag.counts[bucket]!);
    if (row < 0 || weight === 0) continue;
    places[known] = row * dim;
    weights[known++] = weight;
  }
  addRows(encoder.projection, dim, known);
  let square = 0;
  for (let d = 0; d < dim; d++) square += sums[d]! * sums[d]!;
  if (square === 0) {
    // Nothing known. The first direction is what all texts share, so its opposite is far from all of them.
    out[at] = -1;
    return;
  }
  const scale = 1 / Math.sqrt(square);
  for (let d = 0; d < dim; d++) out[at + d] = sums[d]! * scale;
}

/** Four rows at a time: each pass over the sums costs as much as a row. */
function addRows(projection: Float32Array, dim: number, known: number): void {
  sums.fill(0);
  // What fills up the last four weighs nothing.
  places.fill(0, known, known + 3);
  weights.fill(0, known, known + 3);
  for (let i = 0; i < known; i += 4) {
    const p0 = places[i]!;
    const p1 = places[i + 1]!;
    const p2 = places[i + 2]!;
    const p3 = places[i + 3]!;
    const w0 = weights[i]!;
    const w1 = weights[i + 1]!;
    const w2 = weights[i + 2]!;
    const w3 = weights[i + 3]!;
    for (let d = 0; d < dim; d++) {
      sums[d] =
        sums[d]! +
        (w0 * projection[p0 + d]! + w1 * projection[p1 + d]! + (w2 * projection[p2 + d]! + w3 * projection[p3 + d]!));
    }
  }
}

function termWeight(count: number): number {
  if (count === 0) return 0;
  return count > 0 ? 1 + Math.log(count) : -1 - Math.log(-count);
}

function weighted(vectors: Float64Array, idf: Float64Array): Float32Array {
  let largest = 0;
  for (let row = 0, i = 0; row < idf.length; row++) {
    for (let d = 0; d < DIM; d++, i++) {
      vectors[i] = vectors[i]! * idf[row]!;
      largest = Math.max(largest, Math.abs(vectors[i]!));
    }
  }
  const scale = largest === 0 ? 1 : 2 ** Math.floor(Math.log2(LARGEST / largest));
  const scaled = new Float32Array(vectors.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = vectors[i]! * scale;
  return fromFloat16(toFloat16(scaled));
}

/** Rows of unit length; columns are the buckets worth a place, in order of first sight. */
function tfIdf(texts: readonly string[]): { x: Sparse; idf: Float64Array; rows: Int32Array } {
  const frequency = documentFrequency(texts);
  // What one text alone has says nothing about its neighbours, and is half of all buckets.
  const least = texts.length >= 200 ? 2 : 1;
  const rows = new Int32Array(BUCKETS).fill(-1);
  const idf: number[] = [];
  const columns: number[] = [];
  const values: number[] = [];
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, t) => {
    const bag = countGrams(text);
    for (let i = 0; i < bag.size; i++) {
      const bucket = bag.buckets[i]!;
      const df = frequency[bucket]!;
      const weight = termWeight(bag.counts[bucket]!);
      if (weight === 0 || df < least || df === texts.length) continue;
      if (rows[bucket] === -1) rows[bucket] = idf.push(Math.log((1 + texts.length) / (1 + df))) - 1;
      columns.push(rows[bucket]!);
      values.push(weight * idf[rows[bucket]!]!);
    }
    starts[t + 1] = columns.length;
    toUnit(values, starts[t]!);
  });
  const x = {
    rows: texts.length,
    width: idf.length,
    starts,
    columns: Uint32Array.from(columns),
    values: Float64Array.from(values),
  };
  return { x, idf: Float64Array.from(idf), rows };
}

function documentFrequency(texts: readonly string[]): Uint32Array {
  const frequency = new Uint32Array(BUCKETS);
  for (const text of texts) {
    const bag = countGrams(text);
    for (let i = 0; i < bag.size; i++) {
      const bucket = bag.buckets[i]!;
      if (bag.counts[bucket] !== 0) frequency[bucket] = frequency[bucket]! + 1;
    }
  }
  return frequency;
}

/** Scales the values from `first` on to length 1. */
function toUnit(values: number[], first: number): void {
  let square = 0;
  for (let i = first; i < values.length; i++) square += values[i]! ** 2;
  const scale = 1 / Math.sqrt(square);
  for (let i = first; i < values.length; i++) values[i] = values[i]! * scale;
}
