import { createRandom, uniform } from "../statistics/random.ts";
import type { TurnEvent } from "./event.ts";

/** A fleet as the recurrence says: D = level + u, u_{t+1} = φ·u_t + η, σ = 1; it starts in its stationary law. */
export interface FleetPlan {
  readonly seed: number | string;
  readonly conversations: number;
  readonly turns: number;
  readonly phi: number;
  /** Spread of levels, in σ. */
  readonly tau: number;
  readonly mean?: number;
  /** From this turn on so much higher; null: this conversation is left alone. */
  jump?(conversation: number): { readonly turn: number; readonly by: number } | null;
  /** What is added to the level of a conversation. */
  shift?(conversation: number): number;
  /**
   * After a turn that is so far above the conversation's equilibrium a reminder is given (or withheld, with this chance),
   * once: it lowers the next turn by `effect`.
   */
  readonly reminders?: {
    readonly above: number;
    readonly effect: number;
    readonly holdout: number;
    readonly marks: 0 | 1;
  };
}

/** Conversations one after the other, each with its end. */
export function* simulateFleet(plan: FleetPlan): Generator<TurnEvent & { readonly conversation: string }> {
  const { phi, tau, turns, reminders, mean = 10 } = plan;
  const random = createRandom("fleet", plan.seed, phi, tau);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
  for (let i = 0; i < plan.conversations; i++) {
    const level = mean + tau * normal() + (plan.shift?.(i) ?? 0);
    const jump = plan.jump?.(i) ?? null;
    let u = normal() / (phi < 1 ? Math.sqrt(1 - phi * phi) : 1);
    let due: "reminder" | "holdout" | null = null;
    let spent = false;
    for (let turn = 1; turn <= turns; turn++) {
      if (turn > 1) u = phi * u + normal();
      const acted = due;
      if (due === "reminder") u -= reminders!.effect;
      due = null;
      if (reminders && !spent && turn > 2 && turn < turns && u > reminders.above) {
        due = uniform(random) < reminders.holdout ? "holdout" : "reminder";
        spent = true;
      }
      const intervention = reminders?.marks === 0 ? acted : due;
      yield {
        conversation: `c${i}`,
        turn,
        divergence: level + u + (jump !== null && turn >= jump.turn ? jump.by : 0),
        ...(intervention === null ? {} : { intervention }),
        ...(turn === turns ? { end: true } : {}),
      };
    }
  }
}
