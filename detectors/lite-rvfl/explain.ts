import type { Onset } from "../../engine/signal.ts";
import { featuresOf } from "../learners/features.ts";
import { difference } from "./displacement.ts";
import { type Inputs, nameOf } from "./inputs.ts";
import { type Learner, outputsOf } from "./learner.ts";
import { TRAIL, type Trail } from "./trail.ts";

/** How an input took part in the move of the model. */
export interface MovedInput {
  readonly name: string;
  /** Of the displacement, as far as inputs make it: all shares add up to 1. */
  readonly share: number;
  /** Change of the prediction per standard deviation of the input, for the class that moved most (or the quantity). */
  readonly effectBefore: number;
  readonly effectAfter: number;
  /** Mean of the input in the warm-up, and over the newest events. */
  readonly meanBefore: number;
  readonly meanAfter: number;
}

export interface MovedClass {
  readonly name: string;
  readonly share: number;
  /** Of the labels. */
  readonly frequencyBefore: number | null;
  readonly frequencyAfter: number;
  /** Share of its events that were predicted right. */
  readonly accuracyBefore: number | null;
  readonly accuracyAfter: number | null;
}

export interface Moved {
  readonly displacement: number;
  readonly inputs: readonly MovedInput[];
  readonly classes: readonly MovedClass[];
  /** The class that the inputs' effects are told for. */
  readonly effectOn: string | null;
  /** Accuracy, or mean absolute error. */
  readonly scoreBefore: number | null;
  readonly scoreAfter: number | null;
}

const MOST_INPUTS = 12;
const MOST_CLASSES = 12;
/** Fewer events before the onset tell nothing. */
const LEAST_BEFORE = 20;

/**
 * What moved between `before` and the fast model of now, over the newest inputs.
 * class c: mean (aΔw_c)². input i: half the mean of ‖f(x) − f(x with x_i of another event)‖² of f = aΔW, its total effect.
 */
export function explainMove(learner: Learner, inputs: Inputs, before: Float64Array, startedAt: number): Moved {
  const { features, ring, target, fast, trail, learnt } = learner;
  const D = features.length;
  const d = features.inputs;
  const outputs = outputsOf(target);
  const rows = Math.min(ring.length, Math.max(1, learnt));
  const moved = difference(fast.weights, before);
  const f = new Float64Array(rows * outputs);
  const byClass = new Float64Array(outputs);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < outputs; c++) {
      const value = product(moved, c * D, ring.rows, r * D, D);
      f[r * outputs + c] = value;
      byClass[c] = byClass[c]! + (value * value) / rows;
    }
  }
  const displacement = byClass.reduce((a, b) => a + b, 0);
  const largest = byClass.reduce((best, v, c) => (v > byClass[best]! ? c : best), 0);
  const byInput = new Float64Array(d);
  const z = new Float64Array(d);
  const a = new Float64Array(D);
  // Half the window away: neighbours may be alike.
  const away = Math.max(1, rows >> 1);
  for (let i = 0; i < d; i++) {
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < d; j++) z[j] = ring.z[r * d + j]!;
      z[i] = ring.z[((r + away) % rows) * d + i]!;
      featuresOf(features, z, a);
      for (let c = 0; c < outputs; c++) {
        byInput[i] = byInput[i]! + (product(moved, c * D, a, 0, D) - f[r * outputs + c]!) ** 2 / (2 * rows);
      }
    }
  }
  const all = byInput.reduce((x, y) => x + y, 0);
  const sides = sidesOf(trail, learnt, startedAt);
  const then = effects(learner, before, largest, rows);
  const now = effects(learner, fast.weights, largest, rows);
  return {
    displacement,
    inputs: Array.from(byInput, (v, i) => ({
      name: nameOf(inputs, i),
      share: round(all > 0 ? v / all : 0),
      effectBefore: round(then[i]! * target.spread),
      effectAfter: round(now[i]! * target.spread),
      meanBefore: round(inputs.mean[i]!),
      meanAfter: round(inputs.mean[i]! + inputs.spread[i]! * meanOf(ring.z, i, d, rows)),
    }))
      .sort((x, y) => y.share - x.share)
      .slice(0, MOST_INPUTS),
    classes: target.classes
      ? target.names
          .map((name, c) => ({
            name,
            share: round(displacement > 0 ? byClass[c]! / displacement : 0),
            ...classSides(trail, sides, c),
          }))
          .sort((x, y) => y.share - x.share)
          .slice(0, MOST_CLASSES)
      : [],
    effectOn: target.classes ? (target.names[largest] ?? null) : null,
    ...scores(trail, sides, target.classes),
  };
}

function product(w: Float64Array, from: number, a: Float64Array, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (w[from + i] ?? 0) * a[at + i]!;
  return sum;
}

/** Mean slope of output c along each input; h' = h(1 − h). */
function effects({ features, ring }: Learner, weights: Float64Array, c: number, rows: number): Float64Array {
  const { inputs, nodes, length } = features;
  const out = new Float64Array(inputs);
  const w = c * length;
  if (w >= weights.length) return out;
  for (let n = 0; n < nodes; n++) {
    let slope = 0;
    for (let r = 0; r < rows; r++) {
      const h = ring.rows[r * length + inputs + n]!;
      slope += h * (1 - h);
    }
    const by = (weights[w + inputs + n]! * slope) / rows;
    for (let i = 0; i < inputs; i++) out[i] = out[i]! + by * features.weights[i * nodes + n]!;
  }
  for (let i = 0; i < inputs; i++) out[i] = out[i]! + weights[w + i]!;
  return out;
}

function meanOf(z: Float64Array, i: number, d: number, rows: number): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += z[r * d + i]!;
  return sum / rows;
}

interface Sides {
  /** Places in the trail. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function sidesOf(_trail: Trail, learnt: number, startedAt: number): Sides {
  const oldest = Math.max(0, learnt - TRAIL);
  const places = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => (from + i) % TRAIL);
  return { before: places(oldest, Math.min(startedAt, learnt)), after: places(Math.max(oldest, startedAt), learnt) };
}

function classSides({ label, error }: Trail, { before, after }: Sides, c: number) {
  const of = (places: readonly number[]) => {
    const own = places.filter((p) => label[p] === c);
    const right = own.reduce((sum, p) => sum + error[p]!, 0);
    return {
      frequency: round(own.length / Math.max(1, places.length)),
      accuracy: own.length === 0 ? null : round(right / own.length),
    };
  };
  const [was, is] = [of(before), of(after)];
  const known = before.length >= LEAST_BEFORE;
  return {
    frequencyBefore: known ? was.frequency : null,
    frequencyAfter: is.frequency,
    accuracyBefore: known ? was.accuracy : null,
    accuracyAfter: is.accuracy,
  };
}

function scores({ error }: Trail, { before, after }: Sides, classes: boolean) {
  const of = (places: readonly number[]): number | null =>
    places.length === 0
      ? null
      : round(places.reduce((sum, p) => sum + (classes ? error[p]! : Math.abs(error[p]!)), 0) / places.length);
  return { scoreBefore: before.length >= LEAST_BEFORE ? of(before) : null, scoreAfter: of(after) };
}

/** Four digits say all there is. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** One sentence. */
export function tell(moved: Moved, onset: Onset, classes: boolean): string {
  const since = `Since about event ${onset.index} (${onset.low}–${onset.high})`;
  const score = scoreWords(moved, classes);
  const most = moved.classes[0];
  const which = classes && most && moved.classes.length > 2 ? `, most of all about ${JSON.stringify(most.name)}` : "";
  return `${since} ${whoSays(moved)} something else about the ${classes ? "class" : "value"}${which}${score}.`;
}

/** The inputs with at least half the part of the first. */
function whoSays({ inputs }: Moved): string {
  const names = inputs.filter(({ share }) => share > 0 && share >= inputs[0]!.share / 2).map(({ name }) => name);
  if (names.length === 0) return "the inputs say";
  if (names.length === 1) return `${names[0]} says`;
  if (names.length <= MOST_NAMED) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} say`;
  return `${names.slice(0, 2).join(", ")} and other inputs say`;
}

const MOST_NAMED = 3;

function scoreWords({ scoreBefore, scoreAfter }: Moved, classes: boolean): string {
  if (scoreAfter === null) return "";
  const name = classes ? "accuracy" : "mean absolute error";
  if (scoreBefore === null) return `; ${name} ${scoreAfter}`;
  return `; ${name} ${scoreAfter}, before ${scoreBefore}`;
}
