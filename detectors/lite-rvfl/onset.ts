import type { Onset } from "../../engine/signal.ts";
import { TRAIL, type Trail } from "./trail.ts";

/**
 * When the slow model's losses began to be larger: posterior over starts k of a step at k or a ramp from k on, Gaussian noise of
 * the best one's size, all starts alike, tempered because losses are not Gaussian; median and 5 and 95 %, a little wider:
 * a change shows only in events that the models see differently.
 */
export function onsetOf(trail: Trail, learnt: number, since: number): { readonly onset: Onset; readonly at: number } {
  const from = Math.max(0, since, learnt - TRAIL);
  const n = learnt - from;
  const losses = Float64Array.from({ length: n }, (_, i) => trail.loss[(from + i) % TRAIL]!);
  const weights = starts(losses);
  const quantile = (level: number): number => {
    let below = 0;
    for (let k = 0; k < n; k++) {
      below += weights[k]!;
      if (below >= level) return k;
    }
    return Math.max(0, n - 1);
  };
  const place = (k: number): number => trail.index[(from + k) % TRAIL]!;
  const middle = quantile(0.5);
  // Labels may come out of order.
  const low = Math.max(0, quantile(0.05) - MARGIN);
  const high = Math.min(Math.max(0, n - 1), quantile(0.95) + MARGIN);
  const ends = [place(low), place(high), place(middle)];
  const index = ends[2]!;
  return { onset: { index, low: Math.min(...ends), high: Math.max(...ends) }, at: from + middle };
}

/** Probabilities of a start at each place. */
function starts(y: Float64Array): Float64Array {
  const n = y.length;
  const gains = new Float64Array(2 * n).fill(Number.NEGATIVE_INFINITY);
  const mean = y.reduce((a, b) => a + b, 0) / n;
  let total = 0;
  for (const value of y) total += (value - mean) ** 2;
  // Going back from the end: sums of the deviations, and of deviations times the ramp that starts at k.
  let tail = 0;
  let ramp = 0;
  let most = 0;
  for (let k = n - 1; k >= 1; k--) {
    ramp += tail;
    tail += y[k]! - mean;
    const m = n - k;
    const step = (tail * tail * n) / (m * (n - m));
    // Σ_{j=1}^{m}(j − 1) and of its square, about their mean.
    const first = (m * (m - 1)) / 2;
    const spread = (m * (m - 1) * (2 * m - 1)) / 6 - (first * first) / n;
    if (tail > 0 && m >= LEAST_AFTER) gains[k] = step;
    if (ramp > 0 && m >= LEAST_AFTER && spread > 0) gains[n + k] = (ramp * ramp) / spread;
    most = Math.max(most, gains[k]!, gains[n + k]!);
  }
  const noise = Math.max((total - most) / Math.max(1, n - 2), 1e-12);
  const out = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < 2 * n; i++) {
    const p = Math.exp((gains[i]! - most) / (2 * noise * TEMPER));
    out[i % n] = out[i % n]! + p;
    sum += p;
  }
  if (!(sum > 0)) return out.fill(1 / n);
  return out.map((p) => p / sum);
}

const LEAST_AFTER = 3;
/** Measured: with 1 the interval holds the start in about .8, with 2 in about .9. */
const TEMPER = 2;
const MARGIN = 2;
