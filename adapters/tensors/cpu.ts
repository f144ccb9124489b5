import type { Matrix, Nearest, Tensors } from "../../engine/tensors.ts";
import { createAutoencoder } from "./autoencoder.ts";
import { tfjsWith } from "./tfjs.ts";
import { createNearest, insert } from "./top.ts";
import { trainAutoencoder } from "./train-autoencoder.ts";

/**
 * Typed arrays, no compiled code: the oracle of the other backends and what runs without SIMD.
 * A product is four partial sums, element i in sum i mod 4, each step rounded to float32, then (s0+s1)+(s2+s3):
 * the order of the SIMD kernel, so both give the same bits.
 */
export function createCpuTensors(device = "typed arrays"): Tensors {
  return {
    backend: "cpu",
    device,
    gpu: false,
    matrix,
    trainAutoencoder: async (...given) => trainAutoencoder(tfjsWith("cpu", matrix), ...given),
    autoencoder: (weights) => createAutoencoder(matrix, weights),
  };
}

function matrix(data: Float32Array, rows: number, dim: number): Matrix {
  const own = data.slice(0, rows * dim);
  return {
    rows,
    dim,
    nearest(queries, count, k): Nearest {
      const out = createNearest(count, k);
      for (let q = 0; q < count; q++) {
        for (let row = 0; row < rows; row++) insert(out, q, k, row, product(queries, q * dim, own, row * dim, dim));
      }
      return out;
    },
    products(queries, count) {
      const out = new Float32Array(count * rows);
      for (let q = 0; q < count; q++) {
        for (let row = 0; row < rows; row++) out[q * rows + row] = product(queries, q * dim, own, row * dim, dim);
      }
      return out;
    },
    dispose() {},
  };
}

/** One inner product, as every backend gives it. */
export function product(a: Float32Array, ai: number, b: Float32Array, bi: number, dim: number): number {
  const round = Math.fround;
  const whole = dim & ~3;
  let s0 = round(0);
  let s1 = round(0);
  let s2 = round(0);
  let s3 = round(0);
  let i = 0;
  for (; i < whole; i += 4) {
    s0 = round(s0 + round(a[ai + i]! * b[bi + i]!));
    s1 = round(s1 + round(a[ai + i + 1]! * b[bi + i + 1]!));
    s2 = round(s2 + round(a[ai + i + 2]! * b[bi + i + 2]!));
    s3 = round(s3 + round(a[ai + i + 3]! * b[bi + i + 3]!));
  }
  if (i < dim) s0 = round(s0 + round(a[ai + i]! * b[bi + i]!));
  if (i + 1 < dim) s1 = round(s1 + round(a[ai + i + 1]! * b[bi + i + 1]!));
  if (i + 2 < dim) s2 = round(s2 + round(a[ai + i + 2]! * b[bi + i + 2]!));
  return round(round(s0 + s1) + round(s2 + s3));
}
