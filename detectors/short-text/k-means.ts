import type { Tensors } from "../../engine/tensors.ts";
import { type Random, uniform } from "../statistics/random.ts";

export interface Clusters {
  /** Row-major [count, dim], unit vectors. */
  readonly centroids: Float32Array;
  readonly count: number;
  readonly assignment: Uint8Array;
}

const ROUNDS = 20;

/** Spherical k-means from k-means++; an empty cluster takes the farthest point; ties go to the lowest index. */
export function kMeans(
  vectors: Float32Array,
  rows: number,
  dim: number,
  wanted: number,
  tensors: Tensors,
  random: Random,
): Clusters {
  const count = Math.min(wanted, rows);
  const centroids = seedCentroids(vectors, rows, dim, count, tensors, random);
  const assignment = new Uint8Array(rows);
  for (let round = 0; round < ROUNDS; round++) {
    const products = assign(centroids, count, vectors, rows, dim, tensors, assignment);
    if (!moveCentroids(centroids, count, vectors, rows, dim, assignment, products)) break;
  }
  assign(centroids, count, vectors, rows, dim, tensors, assignment);
  return { centroids, count, assignment };
}

function seedCentroids(
  vectors: Float32Array,
  rows: number,
  dim: number,
  count: number,
  tensors: Tensors,
  random: Random,
): Float32Array {
  const centroids = new Float32Array(count * dim);
  const distance = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = Math.floor(uniform(random) * rows);
  for (let c = 0; c < count; c++) {
    const centre = vectors.subarray(chosen * dim, (chosen + 1) * dim);
    centroids.set(centre, c * dim);
    const matrix = tensors.matrix(centre, 1, dim);
    const { products } = matrix.nearest(vectors, rows, 1);
    matrix.dispose();
    let total = 0;
    for (let i = 0; i < rows; i++) {
      distance[i] = Math.min(distance[i]!, Math.max(0, 2 - 2 * products[i]!));
      total += distance[i]!;
    }
    let rest = uniform(random) * total;
    chosen = 0;
    while (chosen < rows - 1 && rest >= distance[chosen]!) rest -= distance[chosen++]!;
  }
  return centroids;
}

function assign(
  centroids: Float32Array,
  count: number,
  vectors: Float32Array,
  rows: number,
  dim: number,
  tensors: Tensors,
  assignment: Uint8Array,
): Float32Array {
  const matrix = tensors.matrix(centroids, count, dim);
  const { indices, products } = matrix.nearest(vectors, rows, 1);
  matrix.dispose();
  for (let i = 0; i < rows; i++) assignment[i] = indices[i]!;
  return products;
}

/** Returns whether any centroid moved. */
function moveCentroids(
  centroids: Float32Array,
  count: number,
  vectors: Float32Array,
  rows: number,
  dim: number,
  assignment: Uint8Array,
  products: Float32Array,
): boolean {
  const sums = new Float64Array(count * dim);
  const sizes = new Uint32Array(count);
  for (let i = 0; i < rows; i++) {
    const c = assignment[i]!;
    sizes[c] = sizes[c]! + 1;
    for (let d = 0; d < dim; d++) sums[c * dim + d] = sums[c * dim + d]! + vectors[i * dim + d]!;
  }
  let moved = false;
  for (let c = 0; c < count; c++) {
    if (sizes[c] === 0) {
      let farthest = 0;
      for (let i = 1; i < rows; i++) if (products[i]! < products[farthest]!) farthest = i;
      // Never the farthest of two clusters.
      products[farthest] = Number.POSITIVE_INFINITY;
      for (let d = 0; d < dim; d++) sums[c * dim + d] = vectors[farthest * dim + d]!;
    }
    let square = 0;
    for (let d = 0; d < dim; d++) square += sums[c * dim + d]! ** 2;
    if (square === 0) continue;
    const scale = 1 / Math.sqrt(square);
    for (let d = 0; d < dim; d++) {
      const value = Math.fround(sums[c * dim + d]! * scale);
      if (value !== centroids[c * dim + d]) moved = true;
      centroids[c * dim + d] = value;
    }
  }
  return moved;
}
