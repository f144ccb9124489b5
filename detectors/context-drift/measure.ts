import type { Rejection } from "../../engine/rejection.ts";
import { fromFloat16, toFloat16 } from "../statistics/float16.ts";
import { dot, unitVector } from "../statistics/unit-vector.ts";
import type { TurnEvent } from "./event.ts";
import type { PositionsDivergence, TokenShare } from "./positions.ts";
import { divergenceOfSampled, ENOUGH_TOKENS } from "./sampled.ts";

/** A turn as the recurrence sees it. */
export interface Measured {
  readonly value: number;
  /** Said about the turn itself; for positions and sampled tokens. */
  readonly facts: Readonly<Record<string, number>> | null;
  readonly coverage: number | null;
  readonly disjoint: number;
  readonly tokens: readonly TokenShare[];
  /** Too few tokens to judge one conversation by. */
  readonly thin: boolean;
  /** Of an embedding that is a conversation's goal: there is no divergence yet. */
  readonly goal: Uint16Array | null;
}

const NO_TOKENS: readonly TokenShare[] = [];

/** `goal` of the conversation so far; `isGoal`: this is turn 0. */
export function measureTurn(event: TurnEvent, goal: Uint16Array | null, isGoal: boolean): Measured | Rejection {
  if (event.positions !== undefined) return ofPositions(event.positions);
  if (event.sampled !== undefined) {
    const { mean, plotted, tokens } = divergenceOfSampled(event.sampled);
    return plain(mean, { plotted, tokens }, tokens < ENOUGH_TOKENS);
  }
  if (event.divergence !== undefined) return plain(event.divergence);
  if (event.similarity !== undefined) return plain(1 - event.similarity);
  if (event.judge !== undefined) return plain((5 - event.judge) / 4);
  return ofEmbedding(event.embedding!, goal, isGoal);
}

function plain(value: number, facts: Measured["facts"] = null, thin = false): Measured {
  return { value, facts, coverage: null, disjoint: 0, tokens: NO_TOKENS, thin, goal: null };
}

function ofPositions(d: PositionsDivergence): Measured | Rejection {
  const { mean, max, high, js, coverage, disjoint, telling, tokens } = d;
  if (disjoint > 0.5 && telling) {
    const share = Math.round(100 * disjoint);
    return {
      reason: "tokenizer-mismatch",
      detail: `At ${share} % of the positions the two lists have no token in common: the models do not share a tokenizer.`,
    };
  }
  return { ...plain(mean, { max, high, js, coverage }), coverage, disjoint, tokens };
}

function ofEmbedding(embedding: ArrayLike<number>, goal: Uint16Array | null, isGoal: boolean): Measured | Rejection {
  const unit = unitVector(embedding);
  if (isGoal) return { ...plain(0), goal: toFloat16(unit) };
  if (goal === null) {
    return {
      reason: "missing-field",
      detail: "The goal's embedding has to come first, as turn 0 of the conversation.",
    };
  }
  if (goal.length !== unit.length) {
    const detail = `Field embedding has ${unit.length} elements, the goal's has ${goal.length}.`;
    return { reason: "wrong-dimension", detail };
  }
  return plain(1 - dot(unit, fromFloat16(goal)));
}
