import type { Rejection } from "../../engine/rejection.ts";
import type { Given } from "./event.ts";

/** Which inputs there are and how they are scaled, fixed by the first events of a key. */
export interface Inputs {
  /** Names, in the order of z; null: inputs go by place. */
  readonly names: readonly string[] | null;
  readonly count: number;
  readonly mean: Float64Array;
  /** What a deviation is divided by. */
  readonly spread: Float64Array;
}

/** Names that came after the inputs were fixed: counted, not learnt. */
export interface Unknown {
  readonly names: Map<string, number>;
  events: number;
}

/** A deviation beyond it is taken as this large: squares of one event must not swallow all others. */
export const MOST_Z = 10;
const MOST_UNKNOWN = 20;

/** Rows of raw values, NaN where missing; a row may be shorter than the names that came later. */
export function learnInputs(rows: readonly (readonly number[])[], names: readonly string[] | null): Inputs {
  const count = names?.length ?? rows[0]!.length;
  const mean = new Float64Array(count);
  const spread = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const values = rows.map((row) => row[i] ?? Number.NaN).filter((value) => !Number.isNaN(value));
    if (values.length > 0) mean[i] = values.reduce((a, b) => a + b, 0) / values.length;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean[i]!) ** 2, 0) / Math.max(1, values.length));
    // Like the paper's + .01, but free of the unit; an input that never moved is measured by its own size.
    spread[i] = sd > 1e-12 * Math.abs(mean[i]!) ? 1.01 * sd : Math.max(1, Math.abs(mean[i]!));
  }
  return { names, count, mean, spread };
}

/** Why these inputs do not fit those that were learnt, or null. */
export function misfit(names: readonly string[] | null, count: number, given: Given): Rejection | null {
  if (Array.isArray(given)) {
    if (names !== null) return { reason: "wrong-type", detail: "Field x is a list; this key learnt inputs by name." };
    if (given.length === count) return null;
    return { reason: "wrong-dimension", detail: `Field x has ${given.length} elements; this key learnt ${count}.` };
  }
  return names === null
    ? { reason: "wrong-type", detail: "Field x goes by name; this key learnt inputs by place." }
    : null;
}

/** Scales the inputs to z; what is missing is the mean. Names that are not known are counted. */
export function scale({ names, mean, spread, count }: Inputs, given: Given, z: Float64Array, unknown: Unknown): void {
  const list = Array.isArray(given) ? (given as readonly (number | null)[]) : null;
  const named = given as Readonly<Record<string, number | null>>;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const value = list ? list[i] : Object.hasOwn(named, names![i]!) ? named[names![i]!] : undefined;
    if (value !== undefined) found++;
    z[i] = value == null ? 0 : Math.max(-MOST_Z, Math.min(MOST_Z, (value - mean[i]!) / spread[i]!));
  }
  if (list !== null) return;
  const all = Object.keys(named);
  if (all.length === found) return;
  unknown.events++;
  const known = new Set(names);
  for (const name of all) {
    if (known.has(name)) continue;
    const times = unknown.names.get(name);
    if (times !== undefined || unknown.names.size < MOST_UNKNOWN) unknown.names.set(name, (times ?? 0) + 1);
  }
}

export function nameOf({ names }: Inputs, input: number): string {
  return names?.[input] ?? `x${input}`;
}
