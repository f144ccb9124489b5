import { START } from "../statistics/change-point.ts";
import { changePointThreshold } from "../statistics/change-point-thresholds.ts";
import { type Promised, promisedEvents } from "../statistics/promised.ts";
import type { Options } from "./options.ts";
import type { ReferenceData, ReferenceFacts } from "./reference.ts";
import { BATCH } from "./scheme.ts";

/** Statistic at which each kind alarms; infinite where a kind is off. */
export interface Thresholds {
  readonly drift: number;
  readonly surge: number;
}

/**
 * The promise per session of L turns. Fair bets keep it in the long run; surge bets pay for their tolerance τ > 1 and stay far
 * inside it, so they take a part found by simulation. With .68 for drift too, conversations with ids had 1.21 and, with the hash
 * encoder, 1.07–1.53 false alarms of 1 promised (281,000 and 169,000 turns).
 */
export function thresholdsOf(
  promised: Promised,
  facts: ReferenceFacts,
  clusters: number,
  options: Options,
): Thresholds {
  if (options.scheme === "paper") {
    const batches = eventsPromised(promised, facts) / BATCH;
    return { drift: changePointThreshold(START, batches, 1), surge: Number.POSITIVE_INFINITY };
  }
  if (options.scheme !== "calibrated") return { drift: 1, surge: Number.POSITIVE_INFINITY };
  const calibrated = clusters < 20 ? 0.75 : 0.68;
  const perSession = eventsPromised(promised, facts) / facts.turns;
  return {
    drift: perSession,
    surge: facts.surge ? calibrated * perSession : Number.POSITIVE_INFINITY,
  };
}

export function eventsPromised(promised: Promised, facts: ReferenceFacts): number {
  return promisedEvents(promised, facts.perDay ?? null)!;
}

/**
 * How much more frequent than in the reference a cluster (for `surge`), or a cluster among far texts (a cell, for `drift`),
 * may be before it counts (τ): it pays for what the reference's counts miss the truth by, and for cycles. Clusters hold more
 * texts than cells and are known better. Those of the hash encoder mix intents: a new one shows in them diluted (measured on
 * CLINC150: one new intent at 10 % found in 62 % at τ = 1.5, 85 % at 1.1; surge false alarms .94 per 10,000 even at τ = 1).
 */
export function toleranceOf(
  facts: ReferenceFacts,
  options: Options,
  source: ReferenceData["source"],
  of: "cluster" | "cell",
): number {
  if (options.surgeTolerance !== null) return options.surgeTolerance;
  if (facts.sessions !== "none") return 1.25;
  if (source === "hash") return 1.1;
  return of === "cluster" ? 1.3 : 1.5;
}

/** Turns that a session is spread over at least (M). */
export function spreadOf(facts: ReferenceFacts): number {
  return Math.max(1, Math.ceil(facts.turns));
}
