/**
 * Divergence of a turn from log-probabilities of the test model's own sampled tokens under both models:
 * m = lpTest − lpReference has mean KL under sampling at temperature 1, with a spread of about four times that per token.
 */
export type SampledToken = readonly [test: number, reference: number];

export interface SampledDivergence {
  /** Mean m, unbiased; may be negative for few tokens. */
  readonly mean: number;
  /** Mean of exp(−m) − 1 + m, never negative: for plotting. */
  readonly plotted: number;
  readonly tokens: number;
}

/** Fewer tokens say nothing about one conversation. */
export const ENOUGH_TOKENS = 200;
/** exp of more would drown the rest. */
const STEEPEST = 20;

export function divergenceOfSampled(tokens: readonly SampledToken[]): SampledDivergence {
  let sum = 0;
  let plotted = 0;
  for (const [test, reference] of tokens) {
    const m = test - reference;
    sum += m;
    plotted += Math.exp(Math.min(STEEPEST, -m)) - 1 + m;
  }
  return { mean: sum / tokens.length, plotted: plotted / tokens.length, tokens: tokens.length };
}
