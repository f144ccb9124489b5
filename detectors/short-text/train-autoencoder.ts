import { type Random, uniform } from "../statistics/random.ts";
import { type Autoencoder, HIDDEN } from "./autoencoder.ts";

const EPOCHS = 12;
const BATCH = 32;
const RATE = 0.001;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/** Mean squared error between f and r(f), Adam, 12 epochs over `rows` vectors, row-major [rows, dim], seeded. */
export function trainAutoencoder(vectors: Float32Array, rows: number, dim: number, random: Random): Autoencoder {
  // Double precision is the faster one in plain loops.
  const w: Weights = [
    glorot(HIDDEN, dim, random),
    new Float64Array(HIDDEN),
    glorot(dim, HIDDEN, random),
    new Float64Array(dim),
  ];
  const zeros = (): Weights => w.map((t) => new Float64Array(t.length)) as unknown as Weights;
  const [g, m, v] = [zeros(), zeros(), zeros()];
  const f = new Float64Array(dim);
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let i = rows - 1; i > 0; i--) {
      const j = Math.floor(uniform(random) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (let from = 0; from < rows; from += BATCH) {
      const batch = order.subarray(from, Math.min(rows, from + BATCH));
      for (const t of g) t.fill(0);
      for (const row of batch) {
        for (let d = 0; d < dim; d++) f[d] = vectors[row * dim + d]!;
        addGradients(w, g, f, 1 / batch.length);
      }
      step += 1;
      const scale = (RATE * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
      for (let i = 0; i < w.length; i++) adam(w[i]!, g[i]!, m[i]!, v[i]!, scale);
    }
  }
  const [inward, inwardBias, outward, outwardBias] = w.map((t) => Float32Array.from(t)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return { dim, hidden: HIDDEN, inward, inwardBias, outward, outwardBias };
}

/** W₁, b₁, W₂, b₂. */
type Weights = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

function adam(w: Float64Array, g: Float64Array, m: Float64Array, v: Float64Array, scale: number): void {
  for (let k = 0; k < w.length; k++) {
    const gradient = g[k]!;
    const first = BETA1 * m[k]! + (1 - BETA1) * gradient;
    const second = BETA2 * v[k]! + (1 - BETA2) * gradient * gradient;
    m[k] = first;
    v[k] = second;
    w[k] = w[k]! - (scale * first) / (Math.sqrt(second) + EPSILON);
  }
}

const hiddenNow = new Float64Array(HIDDEN);
const hiddenBack = new Float64Array(HIDDEN);

function addGradients(w: Weights, g: Weights, f: Float64Array, share: number): void {
  const [w1, b1, w2, b2] = w;
  const [g1, gb1, g2, gb2] = g;
  const dim = f.length;
  for (let j = 0; j < HIDDEN; j++) {
    const from = j * dim;
    let even = b1[j]!;
    let odd = 0;
    let d = 0;
    for (; d + 1 < dim; d += 2) {
      even += w1[from + d]! * f[d]!;
      odd += w1[from + d + 1]! * f[d + 1]!;
    }
    if (d < dim) even += w1[from + d]! * f[d]!;
    hiddenNow[j] = Math.max(0, even + odd);
    hiddenBack[j] = 0;
  }
  for (let d = 0; d < dim; d++) {
    const from = d * HIDDEN;
    let even = b2[d]!;
    let odd = 0;
    for (let j = 0; j < HIDDEN; j += 2) {
      even += w2[from + j]! * hiddenNow[j]!;
      odd += w2[from + j + 1]! * hiddenNow[j + 1]!;
    }
    const error = (2 * share * (even + odd - f[d]!)) / dim;
    gb2[d] = gb2[d]! + error;
    for (let j = 0; j < HIDDEN; j++) {
      g2[from + j] = g2[from + j]! + error * hiddenNow[j]!;
      hiddenBack[j] = hiddenBack[j]! + error * w2[from + j]!;
    }
  }
  for (let j = 0; j < HIDDEN; j++) {
    if (hiddenNow[j] === 0) continue;
    const error = hiddenBack[j]!;
    gb1[j] = gb1[j]! + error;
    const from = j * dim;
    for (let d = 0; d < dim; d++) g1[from + d] = g1[from + d]! + error * f[d]!;
  }
}

/** Uniform of variance 2/(in + out). */
function glorot(rows: number, columns: number, random: Random): Float64Array {
  const limit = Math.sqrt(6 / (rows + columns));
  return Float64Array.from({ length: rows * columns }, () => (2 * uniform(random) - 1) * limit);
}
