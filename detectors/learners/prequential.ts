import { type Features, featuresOf } from "./features.ts";
import { absorb, createInformation, decayOf, predict, solve } from "./information.ts";
import type { Labelled } from "./streams.ts";

export interface PrequentialPlan {
  readonly features: Features;
  readonly theta: number;
  readonly ridge: number;
  readonly every: number;
  readonly precision?: "float64" | "float32";
  /** Events that scale the inputs and are learnt first. */
  readonly warmUp: number;
}

export interface PrequentialResult {
  readonly accuracy: number;
  /** One per event after the warm-up. */
  readonly correct: Uint8Array;
  readonly weights: Float64Array;
  readonly condition: number;
}

/** Test, then train, over a whole labelled stream: the bare learner, for tests and benchmarks. */
export function prequential({ x, y }: Labelled, plan: PrequentialPlan): PrequentialResult {
  const { features, every, warmUp } = plan;
  const { inputs, length } = features;
  const classes = y.reduce((most, c) => Math.max(most, c), 0) + 1;
  const scale = scaleBy(x, warmUp, inputs);
  const info = createInformation(length, classes, decayOf(plan.theta), plan.ridge, plan.precision);
  const weights = new Float64Array(classes * length);
  const z = new Float64Array(inputs);
  const rows = new Float64Array(every * length);
  const targets = new Float64Array(every * classes);
  const scores = new Float64Array(classes);
  const correct = new Uint8Array(y.length - warmUp);
  let held = 0;
  let right = 0;
  let condition = 1;
  for (let i = 0; i < y.length; i++) {
    for (let j = 0; j < inputs; j++) z[j] = (x[i]![j]! - scale.mean[j]!) / (scale.sd[j]! + 0.01);
    featuresOf(features, z, rows, held * length);
    if (i >= warmUp) {
      predict(weights, rows, held * length, length, scores);
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[c]! > scores[best]!) best = c;
      correct[i - warmUp] = Number(best === y[i]);
      right += correct[i - warmUp]!;
    }
    targets.fill(0, held * classes, (held + 1) * classes);
    targets[held * classes + y[i]!] = 1;
    held++;
    if (held < every) continue;
    absorb(info, rows, targets, held);
    held = 0;
    condition = solve(info, weights) ?? Number.POSITIVE_INFINITY;
  }
  return { accuracy: right / correct.length, correct, weights, condition };
}

function scaleBy(x: Labelled["x"], events: number, inputs: number): { mean: Float64Array; sd: Float64Array } {
  const mean = new Float64Array(inputs);
  const sd = new Float64Array(inputs);
  for (let j = 0; j < inputs; j++) {
    for (let i = 0; i < events; i++) mean[j] = mean[j]! + x[i]![j]! / events;
    for (let i = 0; i < events; i++) sd[j] = sd[j]! + (x[i]![j]! - mean[j]!) ** 2 / events;
    sd[j] = Math.sqrt(sd[j]!);
  }
  return { mean, sd };
}
