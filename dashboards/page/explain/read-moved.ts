import { isJson, type Json, numberAt, textAt } from "./read.ts";

/** One input or class of a model that moved: its part of the move, and figures before and after. */
export interface MovedPart {
  readonly name: string;
  readonly share: number;
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly word: string;
  readonly before: number | null;
  readonly after: number | null;
}

const FIGURES = {
  inputs: [
    ["effect", "effectBefore", "effectAfter"],
    ["mean", "meanBefore", "meanAfter"],
  ],
  classes: [
    ["how often", "frequencyBefore", "frequencyAfter"],
    ["predicted right", "accuracyBefore", "accuracyAfter"],
  ],
} as const;

/** `inputs` or `classes` of an explanation that tells how a model moved. */
export function readMoved(explanation: Json, kind: "inputs" | "classes"): readonly MovedPart[] {
  const parts = explanation[kind];
  if (!Array.isArray(parts)) return [];
  return parts.filter(isJson).flatMap((part) => {
    const name = textAt(part, "name");
    const share = numberAt(part, "share");
    if (name === null || share === null) return [];
    const figures = FIGURES[kind].map(([word, before, after]) => ({
      word,
      before: numberAt(part, before),
      after: numberAt(part, after),
    }));
    return [{ name, share, figures: figures.filter((one) => one.before !== null || one.after !== null) }];
  });
}

export interface Displacement {
  readonly points: readonly { readonly index: number; readonly value: number }[];
  readonly threshold: number | null;
}

/** How far the model moved over time. */
export function readDisplacement(value: unknown): Displacement | null {
  if (!isJson(value) || !Array.isArray(value.points)) return null;
  const points = value.points.flatMap((one) =>
    Array.isArray(one) && Number.isFinite(one[0]) && Number.isFinite(one[1])
      ? [{ index: one[0] as number, value: one[1] as number }]
      : [],
  );
  return points.length < 2 ? null : { points, threshold: numberAt(value, "threshold") };
}
