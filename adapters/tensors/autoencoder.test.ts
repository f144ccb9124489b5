import { describe, expect, test } from "vitest";
import type { AutoencoderTraining, AutoencoderWeights } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";
import { everyBackend } from "./every-backend.ts";

const { found, missing } = await everyBackend();
for (const what of missing) test.skip(`the autoencoder: ${what}`);

const PARTS = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;
const DIM = 12;
const ROWS = 90;
const TRAINING: AutoencoderTraining = { hidden: 8, epochs: 60, batch: 16, learningRate: 0.01, seed: 5 };

/** Unit vectors near a plane of three dimensions. */
const data = planar(ROWS, 1);

describe.each(found)("the autoencoder on $name", { timeout: 240_000 }, ({ name, tensors, runs }) => {
  const exact = name === "cpu" || name === "wasm";
  // A GPU in software takes half a second for a step.
  const slow = runs < 20;
  const steps = exact ? {} : slow ? { epochs: 2, batch: ROWS } : { epochs: 10 };
  const training = { ...TRAINING, ...steps };

  test("gives the same weights for the same seed and others for another", async () => {
    const one = await tensors.trainAutoencoder(data, ROWS, DIM, training);
    const again = await tensors.trainAutoencoder(data, ROWS, DIM, training);
    if (exact) expect(again).toEqual(one);
    else expect(farthest(again.encoder, one.encoder)).toBeLessThan(1e-3);
    expect(await tensors.trainAutoencoder(data, ROWS, DIM, { ...training, seed: 6 })).not.toEqual(one);
  });

  test("gives the cpu's weights: to the bit where it promises that, else within rounding", async () => {
    const expected = await createCpuTensors().trainAutoencoder(data, ROWS, DIM, training);
    const found = await tensors.trainAutoencoder(data, ROWS, DIM, training);
    if (exact) expect(found).toEqual(expected);
    else for (const part of PARTS) expect(farthest(found[part], expected[part])).toBeLessThan(1e-3);
  });

  test("takes the steps of Adam on the mean squared error", async () => {
    // Batches that hold every row: their order does not matter.
    const full = { ...TRAINING, batch: ROWS, epochs: slow ? 2 : 25 };
    const start = await tensors.trainAutoencoder(data, ROWS, DIM, { ...full, epochs: 0 });
    const found = await tensors.trainAutoencoder(data, ROWS, DIM, full);
    const expected = adam(start, data, ROWS, full);
    for (const part of PARTS) {
      expect(farthest(found[part], start[part])).toBeGreaterThan(0.01);
      expect(farthest(found[part], expected[part])).toBeLessThan(1e-4);
    }
  });

  test("answers each query the same to the bit whatever else is in the batch, and zero for zero", async () => {
    const autoencoder = tensors.autoencoder(await tensors.trainAutoencoder(data, ROWS, DIM, training));
    const queries = Float32Array.of(...noise(7), ...new Float32Array(DIM));
    const together = autoencoder.similarities(queries, 8);
    for (let q = 0; q < 8; q++) {
      expect(autoencoder.similarities(queries.slice(q * DIM, (q + 1) * DIM), 1)[0]).toBe(together[q]);
    }
    expect(together[7]).toBe(0);
    autoencoder.dispose();
  });

  if (slow) return;

  test("rebuilds what is like its rows and not what is unlike them", async () => {
    const autoencoder = tensors.autoencoder(await tensors.trainAutoencoder(data, ROWS, DIM, TRAINING));
    const known = autoencoder.similarities(planar(50, 2), 50);
    const unknown = autoencoder.similarities(noise(50), 50);
    autoencoder.dispose();
    expect(mean(known)).toBeGreaterThan(0.95);
    expect(mean(unknown)).toBeLessThan(0.7);
  });

  test("lets other work run while it trains", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await tensors.trainAutoencoder(data, ROWS, DIM, training);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

/** The same in plain arrays, full batch. */
function adam(start: AutoencoderWeights, x: Float32Array, rows: number, training: AutoencoderTraining) {
  const { hidden } = training;
  const { dim } = start;
  const w = [start.encoder, start.encoderBias, start.decoder, start.decoderBias].map((part) => Array.from(part));
  const [E, e, D, d] = w as [number[], number[], number[], number[]];
  const m = w.map((part) => part.map(() => 0));
  const v = w.map((part) => part.map(() => 0));
  for (let t = 1; t <= training.epochs; t++) {
    const g = w.map((part) => part.map(() => 0)) as [number[], number[], number[], number[]];
    for (let n = 0; n < rows; n++) {
      const sum = e.map((bias, j) => bias + dot(E, j * dim, x, n * dim, dim));
      const h = sum.map((a) => Math.max(0, a));
      const delta = d.map(
        (bias, i) => ((bias + dot(D, i * hidden, h, 0, hidden) - x[n * dim + i]!) * 2) / (rows * dim),
      );
      const back = sum.map((a, j) => (a > 0 ? delta.reduce((s, one, i) => s + one * D[i * hidden + j]!, 0) : 0));
      delta.forEach((one, i) => {
        g[3][i]! += one;
        for (let j = 0; j < hidden; j++) g[2][i * hidden + j]! += one * h[j]!;
      });
      back.forEach((one, j) => {
        g[1][j]! += one;
        for (let i = 0; i < dim; i++) g[0][j * dim + i]! += one * x[n * dim + i]!;
      });
    }
    w.forEach((part, p) => {
      part.forEach((_, i) => {
        m[p]![i] = 0.9 * m[p]![i]! + 0.1 * g[p]![i]!;
        v[p]![i] = 0.999 * v[p]![i]! + 0.001 * g[p]![i]! ** 2;
        const step = m[p]![i]! / (1 - 0.9 ** t) / (Math.sqrt(v[p]![i]! / (1 - 0.999 ** t)) + 1e-7);
        part[i]! -= training.learningRate * step;
      });
    });
  }
  return { encoder: E, encoderBias: e, decoder: D, decoderBias: d };
}

function dot(a: ArrayLike<number>, from: number, b: ArrayLike<number>, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[from + i]! * b[at + i]!;
  return sum;
}

function planar(rows: number, seed: number): Float32Array {
  const axes = noise(3);
  const parts = noise(rows, seed);
  const out = new Float32Array(rows * DIM);
  for (let n = 0; n < rows; n++) {
    for (let i = 0; i < DIM; i++) {
      for (let a = 0; a < 3; a++) out[n * DIM + i]! += Math.abs(parts[n * DIM + a]!) * axes[a * DIM + i]!;
    }
    normalise(out.subarray(n * DIM, (n + 1) * DIM));
  }
  return out;
}

function noise(rows: number, seed = 99): Float32Array {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const out = Float32Array.from({ length: rows * DIM }, () => next() + next() + next());
  for (let n = 0; n < rows; n++) normalise(out.subarray(n * DIM, (n + 1) * DIM));
  return out;
}

function normalise(row: Float32Array): void {
  const scale = 1 / Math.sqrt(dot(row, 0, row, 0, row.length));
  for (let i = 0; i < row.length; i++) row[i]! *= scale;
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

function mean(values: Float32Array): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
