import type { Matrix, Tensors } from "../../engine/tensors.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";

/** r(f) = W₂·relu(W₁·f + b₁) + b₂: one hidden layer that has to say a text in few numbers. */
export interface Autoencoder {
  readonly dim: number;
  readonly hidden: number;
  /** W₁ row-major [hidden, dim], W₂ row-major [dim, hidden]. */
  readonly inward: Float32Array;
  readonly inwardBias: Float32Array;
  readonly outward: Float32Array;
  readonly outwardBias: Float32Array;
}

export const HIDDEN = 64;

/** The weights where the kernels run. */
export interface Reconstructor {
  readonly weights: Autoencoder;
  readonly inward: Matrix;
  readonly outward: Matrix;
}

export function openReconstructor(weights: Autoencoder, tensors: Tensors): Reconstructor {
  const { dim, hidden } = weights;
  return {
    weights,
    inward: tensors.matrix(weights.inward, hidden, dim),
    outward: tensors.matrix(weights.outward, dim, hidden),
  };
}

export function closeReconstructor(reconstructor: Reconstructor): void {
  reconstructor.inward.dispose();
  reconstructor.outward.dispose();
}

/** s = cos(f, r(f)) of each of `count` vectors, row-major; 0 where either is zero. */
export function similarities(reconstructor: Reconstructor, vectors: Float32Array, count: number): Float64Array {
  const { weights, inward, outward } = reconstructor;
  const { dim, hidden } = weights;
  const h = inward.products(vectors, count);
  for (let q = 0; q < count; q++) {
    for (let j = 0; j < hidden; j++) {
      const value = h[q * hidden + j]! + weights.inwardBias[j]!;
      h[q * hidden + j] = value > 0 ? value : 0;
    }
  }
  const r = outward.products(h, count);
  const out = new Float64Array(count);
  for (let q = 0; q < count; q++) {
    let product = 0;
    let ff = 0;
    let rr = 0;
    for (let d = 0; d < dim; d++) {
      const f = vectors[q * dim + d]!;
      const back = r[q * dim + d]! + weights.outwardBias[d]!;
      product += f * back;
      ff += f * f;
      rr += back * back;
    }
    out[q] = ff > 0 && rr > 0 ? product / Math.sqrt(ff * rr) : 0;
  }
  return out;
}

export function saveAutoencoder(weights: Autoencoder): Uint8Array {
  const w = createWriter((weights.inward.length + weights.outward.length) * 4 + 4096);
  w.u32(weights.dim);
  w.u32(weights.hidden);
  w.array(weights.inward);
  w.array(weights.inwardBias);
  w.array(weights.outward);
  w.array(weights.outwardBias);
  return w.done();
}

export function loadAutoencoder(bytes: Uint8Array): Autoencoder {
  const r = createReader(bytes);
  return {
    dim: r.u32(),
    hidden: r.u32(),
    inward: r.f32s(),
    inwardBias: r.f32s(),
    outward: r.f32s(),
    outwardBias: r.f32s(),
  };
}
