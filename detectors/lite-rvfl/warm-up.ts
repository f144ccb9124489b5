import type { Given, Label } from "./event.ts";
import { type Inputs, learnInputs } from "./inputs.ts";

/** The first events of a key, kept as they came: they fix which inputs there are and their scale. */
export interface WarmUp {
  /** Names so far; null: by place. */
  names: string[] | null;
  readonly rows: WarmRow[];
}

export interface WarmRow {
  /** Of the key's accepted events. */
  readonly index: number;
  readonly id: string | null;
  /** NaN: missing. */
  readonly values: number[];
  y: Label | null;
}

/** Labelled events, scaled, until there are enough to begin with. */
export interface FirstLabel {
  readonly index: number;
  readonly z: Float64Array;
  readonly y: Label;
}

export function createWarmUp(): WarmUp {
  return { names: null, rows: [] };
}

/** `most`: names at the most; further ones are left out. */
export function keep(warm: WarmUp, index: number, id: string | null, x: Given, y: Label | null, most: number): void {
  if (Array.isArray(x)) {
    warm.rows.push({ index, id, values: x.map((value: number | null) => value ?? Number.NaN), y });
    return;
  }
  warm.names ??= [];
  const values: number[] = warm.names.map(() => Number.NaN);
  for (const [name, value] of Object.entries(x)) {
    let at = warm.names.indexOf(name);
    if (at < 0) {
      if (warm.names.length >= most) continue;
      at = warm.names.push(name) - 1;
    }
    values[at] = value ?? Number.NaN;
  }
  warm.rows.push({ index, id, values, y });
}

/** Names in alphabetical order, whatever came first. */
export function finish({ names, rows }: WarmUp): {
  inputs: Inputs;
  rows: readonly { row: WarmRow; z: Float64Array }[];
} {
  const order = names?.map((name, at) => ({ name, at })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const placed = rows.map((row) => (order ? order.map(({ at }) => row.values[at] ?? Number.NaN) : row.values));
  const inputs = learnInputs(placed, order?.map(({ name }) => name) ?? null);
  const scaled = rows.map((row, r) => ({
    row,
    z: Float64Array.from({ length: inputs.count }, (_, i) => {
      const value = placed[r]![i]!;
      return Number.isNaN(value) ? 0 : (value - inputs.mean[i]!) / inputs.spread[i]!;
    }),
  }));
  return { inputs, rows: scaled };
}
