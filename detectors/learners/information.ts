import { sumsLength, widenSums } from "../../engine/model-sums.ts";
import type { SumsKernels } from "../../engine/tensors.ts";
import { typedSums } from "./typed-sums.ts";

/**
 * Weighted ridge regression that follows its stream, in the information form (it stays exact where the covariance form of
 * recursive least squares collapses):
 *   S ← μS + aᵀa,  Q ← μQ + aᵀy,  W = (S + λI)⁻¹Q,  which is  G ← μG + aᵀa + (1 − μ)λI from G₀ = λI.
 * Decay is put off: S = scale·S′, an event is added as a/√scale, the ridge as λ/scale. Kept are the rows of the upper triangle
 * of S′, each followed by its row of Q′: one pass updates both, and factoring by Cholesky solves the first triangle with it.
 */
export interface Information {
  /** D. */
  readonly features: number;
  /** C. */
  outputs: number;
  /** μ. */
  readonly decay: number;
  /** λ. */
  readonly ridge: number;
  /** Decay that the sums still lack. */
  scale: number;
  /** Row i: S′[i, i…D), Q′[i, 0…C). */
  sums: Float64Array | Float32Array;
}

/** The sums grow by 1/scale meanwhile. */
const LEAST_SCALE = 2 ** -20;

/** θ of the papers: errors are weighted by θ^{2t}, so μ = θ⁻². */
export function decayOf(theta: number): number {
  return theta ** -2;
}

export function createInformation(
  features: number,
  outputs: number,
  decay: number,
  ridge: number,
  precision: "float64" | "float32" = "float64",
): Information {
  const length = sumsLength(features, outputs);
  const sums = precision === "float64" ? new Float64Array(length) : new Float32Array(length);
  return { features, outputs, decay, ridge, scale: 1, sums };
}

/** New outputs have no past: zero columns. */
export function widen(info: Information, outputs: number): void {
  const { features, outputs: had, sums } = info;
  if (outputs <= had) return;
  const length = sumsLength(features, outputs);
  const wider = sums instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  widenSums(features, had, outputs, sums, wider);
  info.outputs = outputs;
  info.sums = wider;
}

let scaled = new Float64Array(0);

/** Takes `events` rows, oldest first. rows: [events, features], targets: [events, outputs], row-major, may be longer. */
export function absorb(
  info: Information,
  rows: Float64Array,
  targets: Float64Array,
  events: number,
  kernels: SumsKernels = typedSums,
): void {
  if (events === 0) return;
  const { features, outputs, sums } = info;
  const width = features + outputs;
  if (scaled.length < events * width) scaled = new Float64Array(events * width);
  let scale = info.scale;
  // Once for all rows: what was there before fades with the first of them.
  if (scale < LEAST_SCALE) {
    for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! * scale;
    scale = 1;
  }
  for (let r = 0; r < events; r++) {
    scale *= info.decay;
    const by = 1 / Math.sqrt(scale);
    const to = r * width;
    for (let i = 0; i < features; i++) scaled[to + i] = rows[r * features + i]! * by;
    for (let c = 0; c < outputs; c++) scaled[to + features + c] = targets[r * outputs + c]! * by;
  }
  info.scale = scale;
  kernels.accumulate(sums, scaled, events, features, outputs);
}

/**
 * Writes W to out, row-major [outputs, features]. Returns an estimate of G's condition number from below, (largest / smallest
 * diagonal of its factor)², or null where rounding left nothing to solve: then out is as it was.
 */
export function solve(info: Information, out: Float64Array, kernels: SumsKernels = typedSums): number | null {
  const { features, outputs, sums } = info;
  return kernels.solve(sums, info.ridge / info.scale, features, outputs, out);
}

/** Σ_i W[c, i]·a[i]; weights: row-major [outputs, features]. */
export function predict(weights: Float64Array, a: Float64Array, at: number, features: number, out: Float64Array): void {
  const outputs = weights.length / features;
  let c = 0;
  // Four sums side by side: one alone waits for each of its additions.
  for (; c + 4 <= outputs; c += 4) {
    const w = c * features;
    const x = w + features;
    const y = x + features;
    const z = y + features;
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (let i = 0; i < features; i++) {
      const v = a[at + i]!;
      first += weights[w + i]! * v;
      second += weights[x + i]! * v;
      third += weights[y + i]! * v;
      fourth += weights[z + i]! * v;
    }
    out[c] = first;
    out[c + 1] = second;
    out[c + 2] = third;
    out[c + 3] = fourth;
  }
  for (; c < outputs; c++) {
    const w = c * features;
    let sum = 0;
    for (let i = 0; i < features; i++) sum += weights[w + i]! * a[at + i]!;
    out[c] = sum;
  }
}
