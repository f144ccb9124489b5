import type { Learner } from "./learner.ts";
import { countOf, eventAt, type Sample } from "./sample.ts";
import { TRAIL } from "./trail.ts";

/** Neighbours drawn together where events depend on the ones before. */
export const BLOCK = 100;
/** Standard errors of an autocorrelation that are not taken for chance. */
const SURE = 4;
const LAGS = [1, 2, 5] as const;

/** 1 where the sample could have come in any order, as far as inputs, labels and losses tell. */
export function blockLength(sample: Sample, { features, target, trail, learnt }: Learner): number {
  const n = countOf(sample);
  const { inputs } = features;
  const z = new Float64Array(inputs);
  const series = Array.from({ length: inputs + 1 }, () => new Float64Array(n));
  for (let e = 0; e < n; e++) {
    const label = eventAt(sample, e, z, target.classes);
    for (let i = 0; i < inputs; i++) series[i]![e] = z[i]!;
    series[inputs]![e] = label;
  }
  const classes = target.classes ? target.names.map((_, c) => series[inputs]!.map((y) => Number(y === c))) : [];
  const losses = Float64Array.from({ length: Math.min(learnt, TRAIL) }, (_, i) => {
    return trail.loss[(learnt - 1 - i) % TRAIL]!;
  });
  const all = [...series.slice(0, inputs), ...(target.classes ? classes : [series[inputs]!]), losses];
  return all.some((one) => LAGS.some((lag) => isDependent(one, lag))) ? BLOCK : 1;
}

function isDependent(x: Float64Array, lag: number): boolean {
  const n = x.length;
  if (n < 10 * lag) return false;
  const mean = x.reduce((a, b) => a + b, 0) / n;
  let own = 0;
  let shared = 0;
  for (let i = 0; i < n; i++) own += (x[i]! - mean) ** 2;
  for (let i = lag; i < n; i++) shared += (x[i]! - mean) * (x[i - lag]! - mean);
  return own > 1e-9 && Math.abs(shared / own) * Math.sqrt(n) > SURE;
}
