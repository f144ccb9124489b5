import { z } from "zod";
import { numbers } from "../json/numbers.ts";
import { LONGEST_LIST } from "./lists.ts";
import {
  divergenceOfPositions,
  isDivergence,
  type Position,
  type PositionsDivergence,
  type Scored,
} from "./positions.ts";
import type { SampledToken } from "./sampled.ts";

export const MOST_POSITIONS = 65_536;

/** By hand: a turn has thousands of tokens, and a schema walk over each costs more than the divergence itself. */
function listOf<T>(check: (value: readonly unknown[]) => string | null) {
  return z
    .custom<readonly T[]>((value) => Array.isArray(value))
    .superRefine((value, context) => {
      const wrong = check(value as readonly unknown[]);
      if (wrong !== null) context.addIssue({ code: "custom", message: wrong, params: { reason: "schema" } });
    });
}

/** What is watched of them is taken at once: the lists themselves are not kept. */
const positions = z
  .custom<readonly Position[] | PositionsDivergence>((value) => Array.isArray(value) || isDivergence(value))
  .superRefine((value, context) => {
    const wrong = isDivergence(value) ? null : wrongPositions(value);
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong, params: { reason: "schema" } });
  })
  .transform((value) => (isDivergence(value) ? value : divergenceOfPositions(value)));

export const event = z
  .strictObject({
    conversation: z
      .union([z.string().min(1).max(256), z.number()])
      .describe("Which conversation of the fleet the turn belongs to."),
    turn: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe("Number of the turn; absent: the next. Turn 0 may bring the goal's embedding alone."),
    model: z.string().max(256).optional().describe("The model that speaks."),
    reference: z.string().max(256).optional().describe("The goal-consistent model that it is compared with."),
    promptVersion: z.string().max(256).optional().describe("Version of the prompt."),
    intervention: z
      .enum(["reminder", "holdout"])
      .nullish()
      .describe("reminder: the goal was repeated here. holdout: it was due and was withheld on purpose."),
    positions: positions
      .optional()
      .describe(
        "[{test: [[token, log-probability], …], reference: […]}, …]: top-k lists of both models on the same prefix.",
      ),
    sampled: listOf<SampledToken>(wrongSampled)
      .optional()
      .describe("[[lpTest, lpReference], …]: log-probabilities of the sampled tokens under both models."),
    divergence: z.number().optional().describe("The turn's divergence, already computed."),
    similarity: z.number().min(-1).max(1).optional().describe("Similarity to the goal; 1 − it is watched."),
    embedding: numbers
      .optional()
      .describe("Embedding of the turn; the goal's comes with turn 0; 1 − their cosine is watched."),
    judge: z.number().min(1).max(5).optional().describe("A judge's mark, 5 the best; (5 − it)/4 is watched."),
    end: z.boolean().optional().describe("The conversation ends with this turn."),
  })
  .refine((e) => MEASURES.filter((name) => e[name] !== undefined).length === 1, {
    error: "An event has exactly one of positions, sampled, divergence, similarity, embedding, judge",
  });

export const MEASURES = ["positions", "sampled", "divergence", "similarity", "embedding", "judge"] as const;
export type Measure = (typeof MEASURES)[number];

export type TurnEvent = z.infer<typeof event>;

export function measureOf(event: TurnEvent): Measure {
  return MEASURES.find((name) => event[name] !== undefined)!;
}

function wrongPositions(positions: readonly unknown[]): string | null {
  if (positions.length === 0 || positions.length > MOST_POSITIONS) {
    return `Field positions has ${positions.length} elements, not 1 to ${MOST_POSITIONS}`;
  }
  for (let i = 0; i < positions.length; i++) {
    const each = positions[i] as Partial<Position> | null;
    if (each === null || typeof each !== "object" || !isScored(each.test) || !isScored(each.reference)) {
      return `Field positions, at ${i}, is not {test, reference} of [token, log-probability] pairs`;
    }
  }
  return null;
}

function isScored(list: unknown): list is readonly Scored[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > LONGEST_LIST) return false;
  for (let i = 0; i < list.length; i++) {
    const pair = list[i];
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const token: unknown = pair[0];
    if (typeof token !== "string" && typeof token !== "number") return false;
    if (!isLogProbability(pair[1])) return false;
  }
  return true;
}

function wrongSampled(tokens: readonly unknown[]): string | null {
  if (tokens.length === 0 || tokens.length > MOST_POSITIONS) {
    return `Field sampled has ${tokens.length} elements, not 1 to ${MOST_POSITIONS}`;
  }
  for (let i = 0; i < tokens.length; i++) {
    const pair = tokens[i];
    if (!Array.isArray(pair) || pair.length !== 2 || !isLogProbability(pair[0]) || !isLogProbability(pair[1])) {
      return `Field sampled, at ${i}, is not a pair of log-probabilities`;
    }
  }
  return null;
}

/** Rounding makes some a little positive. */
export function isLogProbability(x: unknown): x is number {
  return typeof x === "number" && x <= 0.01 && x >= -1e6;
}
