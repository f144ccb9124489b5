import type { Autoencoder, AutoencoderWeights, Matrix } from "../../engine/tensors.ts";

/** Scores with the backend's own matrices, so that queries are answered alike in every batch. */
export function createAutoencoder(
  matrix: (data: Float32Array, rows: number, dim: number) => Matrix,
  weights: AutoencoderWeights,
): Autoencoder {
  const { dim, hidden, encoderBias, decoderBias } = weights;
  const encoder = matrix(weights.encoder, hidden, dim);
  const decoder = matrix(weights.decoder, dim, hidden);
  return {
    similarities(queries, count) {
      const active = encoder.products(queries, count);
      for (let q = 0, i = 0; q < count; q++) {
        for (let unit = 0; unit < hidden; unit++, i++) active[i] = Math.max(0, active[i]! + encoderBias[unit]!);
      }
      const rebuilt = decoder.products(active, count);
      const out = new Float32Array(count);
      for (let q = 0; q < count; q++) out[q] = cosine(queries, rebuilt, decoderBias, q * dim, dim);
      return out;
    },
    dispose() {
      encoder.dispose();
      decoder.dispose();
    },
  };
}

function cosine(x: Float32Array, products: Float32Array, bias: Float32Array, at: number, dim: number): number {
  let xx = 0;
  let rr = 0;
  let xr = 0;
  for (let i = 0; i < dim; i++) {
    const own = x[at + i]!;
    const rebuilt = products[at + i]! + bias[i]!;
    xx += own * own;
    rr += rebuilt * rebuilt;
    xr += own * rebuilt;
  }
  return xx === 0 || rr === 0 ? 0 : xr / Math.sqrt(xx * rr);
}
