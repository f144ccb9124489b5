import type { Options } from "./options.ts";
import type { ReferenceFacts } from "./reference.ts";

/** Statistic at which each kind alarms; infinite where a kind is off. */
export interface Thresholds {
  readonly drift: number;
  readonly surge: number;
}

/** Promise × the calibrated factor (decided by simulation), per session of L turns. */
export function thresholdsOf(promise: number, facts: ReferenceFacts, clusters: number, options: Options): Thresholds {
  const factor = options.guarantee || facts.sessions === "none" ? 1 : clusters < 20 ? 0.75 : 0.68;
  const threshold = (factor * promise) / facts.turns;
  return { drift: threshold, surge: facts.surge ? threshold : Number.POSITIVE_INFINITY };
}

export function toleranceOf(facts: ReferenceFacts, options: Options): number {
  return options.surgeTolerance ?? (facts.sessions === "none" ? 1.5 : 1.25);
}

/** Turns that a session is spread over at least (M). */
export function spreadOf(facts: ReferenceFacts): number {
  return Math.max(1, Math.ceil(facts.turns));
}
