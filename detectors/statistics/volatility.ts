/**
 * How large residuals are now: ten experts (the reference's mean size μ, and mixtures of μ with three moving averages), weighted
 * by how well they told sizes lately.
 */
export interface Volatility {
  readonly mu: number;
  /** Three moving averages, then the log weights of the ten experts. */
  readonly cells: Float64Array;
}

const MEMORIES = [0.8, 0.93, 0.98] as const;
const SHARES = [0.3, 0.6, 0.9] as const;
const EXPERTS = 1 + MEMORIES.length * SHARES.length;
const AT = MEMORIES.length;
export const VOLATILITY_CELLS = AT + EXPERTS;

const scales = new Float64Array(EXPERTS);
const logs = new Float64Array(EXPERTS);

export function createVolatility(mu: number): Volatility {
  const cells = new Float64Array(VOLATILITY_CELLS).fill(-3);
  cells.fill(mu, 0, AT);
  cells[AT] = 0;
  return { mu, cells };
}

/** The residual over how large residuals are now, in units of μ; then learns from it (the weights not when frozen). */
export function level(v: Volatility, e: number, frozen: boolean): number {
  const { mu, cells } = v;
  scales[0] = mu;
  for (let m = 0, k = 1; m < MEMORIES.length; m++) {
    for (let a = 0; a < SHARES.length; a++, k++) scales[k] = (1 - SHARES[a]!) * mu + SHARES[a]! * cells[m]!;
  }
  let total = 0;
  let mean = 0;
  for (let k = 0; k < EXPERTS; k++) {
    const log = Math.log(scales[k]!);
    logs[k] = log;
    const w = Math.exp(cells[AT + k]!);
    total += w;
    mean += w * log;
  }
  const scale = Math.exp(mean / total);
  const size = Math.abs(e);
  if (!frozen) {
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < EXPERTS; k++) {
      const log = 0.99995 * cells[AT + k]! - logs[k]! - Math.min(size / scales[k]!, 8);
      cells[AT + k] = log;
      if (log > best) best = log;
    }
    // Weights are relative: the greatest is 1.
    for (let k = 0; k < EXPERTS; k++) cells[AT + k] = cells[AT + k]! - best;
  }
  const taken = Math.min(size, 8 * scale);
  for (let m = 0; m < MEMORIES.length; m++) cells[m] = MEMORIES[m]! * cells[m]! + (1 - MEMORIES[m]!) * taken;
  return (e * mu) / scale;
}

/** Weight of the experts that see sizes change, 0 to 1. */
export function unrest({ cells }: Volatility): number {
  let total = 0;
  for (let k = 0; k < EXPERTS; k++) total += Math.exp(cells[AT + k]!);
  return 1 - Math.exp(cells[AT]!) / total;
}
