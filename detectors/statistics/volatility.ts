import { expBelow, logNear } from "./exp-log.ts";

/**
 * How large residuals are now: ten experts (the reference's mean size μ, and mixtures of μ with three moving averages), weighted
 * by how well they told sizes lately. They live in floats from place `at` on: μ, the averages, the experts' log weights.
 */
const MEMORIES = [0.8, 0.93, 0.98] as const;
const SHARES = [0.3, 0.6, 0.9] as const;
const EXPERTS = 1 + MEMORIES.length * SHARES.length;
const AVERAGES = 1;
const WEIGHTS = AVERAGES + MEMORIES.length;
export const VOLATILITY_FLOATS = WEIGHTS + EXPERTS;

const scales = new Float64Array(EXPERTS).fill(1);
const logs = new Float64Array(EXPERTS);

export function writeVolatility(v: Float32Array, at: number, mu: number): void {
  v.fill(mu, at, at + WEIGHTS);
  v.fill(-3, at + WEIGHTS, at + VOLATILITY_FLOATS);
  v[at + WEIGHTS] = 0;
}

/** The residual over how large residuals are now, in units of μ; then learns from it (the weights not when frozen). */
export function level(v: Float32Array, at: number, e: number, frozen: boolean): number {
  const mu = v[at]!;
  const weights = at + WEIGHTS;
  // In units of μ, so that its own scale is 1 and the log of that 0.
  for (let m = 0, k = 1; m < MEMORIES.length; m++) {
    const over = v[at + AVERAGES + m]! / mu - 1;
    for (let a = 0; a < SHARES.length; a++, k++) {
      const scale = 1 + SHARES[a]! * over;
      scales[k] = scale;
      logs[k] = logNear(scale);
    }
  }
  let total = 0;
  let mean = 0;
  for (let k = 0; k < EXPERTS; k++) {
    const w = expBelow(v[weights + k]!);
    total += w;
    mean += w * logs[k]!;
  }
  const scale = Math.exp(mean / total);
  const size = Math.abs(e) / mu;
  if (!frozen) {
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < EXPERTS; k++) {
      const log = 0.99995 * v[weights + k]! - logs[k]! - Math.min(size / scales[k]!, 8);
      v[weights + k] = log;
      if (log > best) best = log;
    }
    // Weights are relative: the greatest is 1.
    for (let k = 0; k < EXPERTS; k++) v[weights + k] = v[weights + k]! - best;
  }
  const taken = mu * Math.min(size, 8 * scale);
  for (let m = 0; m < MEMORIES.length; m++) {
    const average = at + AVERAGES + m;
    v[average] = v[average]! + (1 - MEMORIES[m]!) * (taken - v[average]!);
  }
  return e / scale;
}

/** Weight of the experts that see sizes change, 0 to 1. */
export function unrest(v: Float32Array, at: number): number {
  let total = 0;
  for (let k = 0; k < EXPERTS; k++) total += Math.exp(v[at + WEIGHTS + k]!);
  return 1 - Math.exp(v[at + WEIGHTS]!) / total;
}
