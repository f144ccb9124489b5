import { createUsual, forgetRecent, observe, type Usual, usualGap } from "./usual.ts";

/**
 * gapSR: whether the slow model predicts worse than the fast one, as a Shiryaev–Roberts sum of bets on
 * d_t = loss(slow) − loss(fast) in [−1, 1]: R_λ ← (R_λ + s)(1 + λ(d_t − c_λ)), alarm when their mean passes A. While nothing
 * changes the longer memory predicts no worse, so each factor is at most 1 on average and the mean run length is A or more.
 * c_λ ≥ 0 is what the fast model is usually ahead by (usual.ts): 0 unless labels depend on the ones before.
 */
export interface Gap {
  readonly sums: Float64Array;
  /** Fading mean of |d|: while nothing differs there is nothing to bet on. */
  moving: number;
  /** Fading mean of the slow model's loss, for quantities; negative: none yet. */
  loss: number;
  /** Learnt events at which the hold after an alarm ends; 0: none. */
  holdUntil: number;
  readonly usual: Usual;
}

const BETS = [0.05, 0.1, 0.2, 0.4, 0.8] as const;
const MEMORY = 500;
const LEAST_MOVING = 1e-6;
const LEAST_LOSS = 1e-12;
/** A quantity's difference of losses is measured in this many mean losses. */
const RANGE = 8;

export function createGap(): Gap {
  return { sums: new Float64Array(BETS.length), moving: 0, loss: -1, holdUntil: 0, usual: createUsual() };
}

/** Difference of two losses of a class prediction: both are in [0, 1]. */
export function gapOfClasses(slow: number, fast: number): number {
  return slow - fast;
}

/** Difference of two squared errors, in its own unit. */
export function gapOfQuantity(gap: Gap, slow: number, fast: number): number {
  const unit = gap.loss;
  gap.loss = unit < 0 ? slow : unit + (slow - unit) / MEMORY;
  if (unit < LEAST_LOSS) return 0;
  return Math.max(-1, Math.min(1, (slow - fast) / (RANGE * unit)));
}

/** Takes d; returns the statistic. */
export function bet(gap: Gap, d: number): number {
  const s = gap.moving < LEAST_MOVING ? 0 : 1;
  gap.moving += (Math.abs(d) - gap.moving) / MEMORY;
  if (gap.holdUntil > 0) return 0;
  let sum = 0;
  for (let i = 0; i < BETS.length; i++) {
    const by = BETS[i]!;
    const r = (gap.sums[i]! + s) * (1 + by * Math.max(-1, d - usualGap(gap.usual, by)));
    gap.sums[i] = r;
    sum += r;
  }
  observe(gap.usual, d);
  return sum / BETS.length;
}

/** Nothing was evidence so far; what is usual stays known. `until`: learnt events at which the hold ends, 0: none. */
export function clear(gap: Gap, until: number): void {
  gap.sums.fill(0);
  gap.holdUntil = until;
  if (until > 0) forgetRecent(gap.usual);
}

export function statisticOf({ sums }: Gap): number {
  return sums.reduce((a, b) => a + b, 0) / sums.length;
}
