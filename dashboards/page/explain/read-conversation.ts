import { isJson, numberAt, textAt } from "./read.ts";

export interface Trajectory {
  readonly name: string;
  readonly turns: readonly { readonly turn: number; readonly value: number }[];
  readonly interventions: readonly { readonly turn: number; readonly kind: string }[];
  readonly band: readonly [number, number] | null;
  readonly equilibrium: number | null;
  /** Of the turns after the last. */
  readonly forecast: readonly number[];
  /** Turn at which it left its level. */
  readonly since: number | null;
}

export function readTrajectory(value: unknown): Trajectory | null {
  if (!isJson(value) || !isJson(value.trajectory)) return null;
  const turns = numbers(value.trajectory.turns);
  const values = numbers(value.trajectory.divergence);
  if (turns.length === 0 || turns.length !== values.length) return null;
  const marks = value.trajectory.interventions;
  return {
    name: textAt(value, "conversation") ?? "",
    turns: turns.map((turn, i) => ({ turn, value: values[i]! })),
    interventions: (Array.isArray(marks) ? marks : []).filter(isJson).flatMap((mark) => {
      const turn = numberAt(mark, "turn");
      return turn === null ? [] : [{ turn, kind: textAt(mark, "kind") ?? "reminder" }];
    }),
    band: pair(value.band),
    equilibrium: numberAt(value, "equilibrium"),
    forecast: numbers(value.forecast),
    since: numberAt(value, "since"),
  };
}

export function readTrajectories(value: unknown): readonly Trajectory[] {
  return Array.isArray(value) ? value.map(readTrajectory).filter((one) => one !== null) : [];
}

export interface Phase {
  /** Divergence, and its change to the next turn. */
  readonly points: readonly (readonly [number, number])[];
  readonly slope: number;
  readonly level: number;
  readonly equilibrium: number | null;
}

export function readPhase(value: unknown): Phase | null {
  if (!isJson(value) || !Array.isArray(value.points)) return null;
  const points = value.points.map(pair).filter((point) => point !== null);
  const slope = numberAt(value, "slope");
  const level = numberAt(value, "level");
  if (points.length < 3 || slope === null || level === null) return null;
  return { points, slope, level, equilibrium: numberAt(value, "equilibrium") };
}

export interface Effect {
  readonly name: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** What reminders do: by the model, where they were withheld, and one against the other. */
export function readEffects(value: unknown): readonly Effect[] {
  if (!isJson(value)) return [];
  const of = (name: string, fields: readonly [string, string, string, string]): Effect[] => {
    const [mean, low, high, count] = fields.map((field) => numberAt(value, field));
    if (mean == null || low == null || high == null) return [];
    return [{ name, mean, low, high, count: count ?? 0 }];
  };
  return [
    ...of("by its own prediction", ["effect", "low", "high", "reminders"]),
    ...of("withheld, ideally 0", ["holdoutBelow", "holdoutLow", "holdoutHigh", "holdouts"]),
    ...of("against withheld", ["contrast", "contrastLow", "contrastHigh", "holdouts"]),
  ];
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value)
    ? value.filter((one): one is number => typeof one === "number" && Number.isFinite(one))
    : [];
}

function pair(value: unknown): readonly [number, number] | null {
  const [a, b, ...rest] = numbers(value);
  return a === undefined || b === undefined || rest.length > 0 ? null : [a, b];
}
