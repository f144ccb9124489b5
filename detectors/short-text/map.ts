import type { ReferenceMap } from "./reference.ts";
import { sampleRows } from "./sample-rows.ts";

const POINTS = 200;
const ROUNDS = 12;
/** A picture needs no more. */
const MOST_ROWS = 5000;

/** The two directions in which the reference varies most, by power iteration: a picture, not a statistic. */
export function learnMap(all: Float32Array, count: number, dim: number): ReferenceMap {
  const { vectors, rows } = sampleRows(all, count, dim, MOST_ROWS);
  const mean = new Float32Array(dim);
  for (let i = 0; i < rows; i++) for (let d = 0; d < dim; d++) mean[d] = mean[d]! + vectors[i * dim + d]! / rows;
  const axes = new Float32Array(2 * dim);
  for (let a = 0; a < 2; a++) {
    const axis = axes.subarray(a * dim, (a + 1) * dim);
    for (let d = 0; d < dim; d++) axis[d] = Math.cos((a + 1) * (d + 1));
    for (let round = 0; round < ROUNDS; round++) iterate(axis, vectors, rows, dim, mean);
    if (a === 0) continue;
    orthogonalise(axis, axes.subarray(0, dim));
    for (let round = 0; round < ROUNDS; round++) {
      iterate(axis, vectors, rows, dim, mean);
      orthogonalise(axis, axes.subarray(0, dim));
    }
  }
  const shown = Math.min(POINTS, rows);
  const points = new Float32Array(2 * shown);
  for (let i = 0; i < shown; i++) {
    const row = Math.floor((i * rows) / shown);
    points.set(project({ mean, axes, points }, vectors, row, dim), 2 * i);
  }
  return { mean, axes, points };
}

export function project(map: ReferenceMap, vectors: Float32Array, row: number, dim: number): [number, number] {
  let x = 0;
  let y = 0;
  for (let d = 0; d < dim; d++) {
    const v = vectors[row * dim + d]! - map.mean[d]!;
    x += v * map.axes[d]!;
    y += v * map.axes[dim + d]!;
  }
  return [round(x), round(y)];
}

function iterate(axis: Float32Array, vectors: Float32Array, rows: number, dim: number, mean: Float32Array): void {
  const next = new Float64Array(dim);
  for (let i = 0; i < rows; i++) {
    let product = 0;
    for (let d = 0; d < dim; d++) product += (vectors[i * dim + d]! - mean[d]!) * axis[d]!;
    for (let d = 0; d < dim; d++) next[d] = next[d]! + product * (vectors[i * dim + d]! - mean[d]!);
  }
  normalise(next, axis);
}

function orthogonalise(axis: Float32Array, other: Float32Array): void {
  let product = 0;
  for (let d = 0; d < axis.length; d++) product += axis[d]! * other[d]!;
  const next = Float64Array.from(axis, (v, d) => v - product * other[d]!);
  normalise(next, axis);
}

function normalise(from: Float64Array, to: Float32Array): void {
  let square = 0;
  for (const v of from) square += v * v;
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let d = 0; d < to.length; d++) to[d] = from[d]! * scale;
}

function round(v: number): number {
  return Math.round(v * 1000) / 1000;
}
