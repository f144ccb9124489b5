import type { ModelBank, Slot } from "../../engine/model-bank.ts";
import type { Features } from "../learners/features.ts";
import { decayOf, predict } from "../learners/information.ts";
import { createPath, displacement, follow, type Path } from "./displacement.ts";
import { bet, createGap, type Gap, gapOfClasses, gapOfQuantity } from "./gap.ts";
import type { Options } from "./options.ts";
import type { Replay } from "./replay.ts";
import { createRing, put, RARELY, type Ring, ringLength } from "./ring.ts";
import type { Sample } from "./sample.ts";
import { createTrail, leave, type Trail } from "./trail.ts";

/** The models of a key and what watches them. Counts are of learnt events, from the end of the warm-up. */
export interface Learner {
  readonly features: Features;
  readonly bank: ModelBank;
  readonly target: Target;
  readonly fast: Follower;
  readonly slow: Follower;
  /** The fast weights at the end of the warm-up: a model that was deployed then. */
  frozen: Float64Array;
  learnt: number;
  readonly ring: Ring;
  readonly path: Path;
  readonly trail: Trail;
  readonly gap: Gap;
  readonly watch: DisplacementWatch;
  /** Fading means, and what they lack of a full weight. */
  readonly fading: Fading;
  /** Displacement over time. */
  readonly chart: Chart;
  /** Estimate of the fast model's condition. */
  condition: number;
}

/** What is predicted. */
export interface Target {
  readonly classes: boolean;
  /** Whether `auto` took numbers for classes. */
  readonly guessed: boolean;
  /** Names of the classes, in the order that they came; none for a quantity. */
  readonly names: string[];
  /** Of the quantity; 0 and 1 for classes. */
  readonly mean: number;
  readonly spread: number;
}

export interface Follower {
  readonly slot: Slot;
  weights: Float64Array;
  /** Events that it has taken. */
  at: number;
  /** Events that its sums are worth, fading. */
  worth: number;
  /** μ. */
  readonly decay: number;
}

export interface DisplacementWatch {
  /** Now; null: the past is too short. */
  moved: number | null;
  /** Of the displacement; null: not known yet. */
  threshold: number | null;
  /** Collected from accepted events since the last alarm. */
  sample: Sample | null;
  replay: Replay | null;
  /** What the blocks are, and why, once it was looked at. */
  block: number | null;
}

export interface Fading {
  /** Accuracy, or mean absolute error in the quantity's unit. */
  score: number;
  /** Loss of the fast and of the frozen model. */
  fast: number;
  frozen: number;
  weight: number;
}

export interface Chart {
  /** Solutions between two points. */
  stride: number;
  readonly points: { readonly index: number; readonly value: number }[];
}

const FADING = 500;
const MOST_POINTS = 120;
/** Predictions of a standardised quantity are taken as no larger. */
const MOST_QUANTITY = 4;
/** Once it is worth so many events, the slow model is solved more rarely. */
const SETTLED = 1000;

export function outputsOf({ classes, names }: Target): number {
  return classes ? names.length : 1;
}

export function createLearner(bank: ModelBank, features: Features, target: Target, options: Options): Learner {
  const outputs = outputsOf(target);
  const follower = (theta: number): Follower => {
    const decay = decayOf(theta);
    const slot = bank.open({ outputs, decay, ridge: options.ridge });
    return { slot, weights: new Float64Array(outputs * features.length), at: 0, worth: 0, decay };
  };
  return {
    features,
    bank,
    target,
    fast: follower(options.theta),
    slow: follower(options.slowTheta),
    frozen: new Float64Array(outputs * features.length),
    learnt: 0,
    ring: createRing(ringLength(options.every), features),
    path: createPath(),
    trail: createTrail(),
    gap: createGap(),
    watch: { moved: null, threshold: null, sample: null, replay: null, block: null },
    fading: { score: 0, fast: 0, frozen: 0, weight: 0 },
    chart: { stride: 1, points: [] },
    condition: 1,
  };
}

/** The number of a class; a new one makes all models wider. −1: there are too many. */
export function classOf(learner: Learner, name: string, most: number): number {
  const { names } = learner.target;
  const known = names.indexOf(name);
  if (known >= 0 || names.length >= most) return known;
  names.push(name);
  const length = names.length * learner.features.length;
  for (const model of [learner.fast, learner.slow]) {
    learner.bank.widen(model.slot, names.length);
    model.weights = wider(model.weights, length);
  }
  const { replay } = learner.watch;
  if (replay !== null) {
    learner.bank.widen(replay.slot, names.length);
    replay.weights = wider(replay.weights, length);
  }
  return names.length - 1;
}

function wider(weights: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  out.set(weights);
  return out;
}

let scores = new Float64Array(1);
let slowScores = new Float64Array(1);
let frozenScores = new Float64Array(1);

function room(outputs: number): void {
  if (scores.length === outputs) return;
  scores = new Float64Array(outputs);
  slowScores = new Float64Array(outputs);
  frozenScores = new Float64Array(outputs);
}

/** Class number or quantity that the fast model predicts for a row of features. */
export function predictOne({ fast, features, target }: Learner, rows: Float64Array, at: number): number {
  room(outputsOf(target));
  predict(fast.weights, rows, at, features.length, scores);
  return readScores(target);
}

function readScores(target: Target): number {
  if (!target.classes) return target.mean + target.spread * scores[0]!;
  let best = 0;
  for (let c = 1; c < scores.length; c++) if (scores[c]! > scores[best]!) best = c;
  return best;
}

export interface Learnt {
  /** Statistic of the gap after this event. */
  readonly statistic: number;
  readonly predicted: number;
}

/**
 * Test, then train: one labelled event. label: class number, or the standardised quantity; raw: in its unit. `served`: what was predicted when
 * the inputs came, where that was before.
 */
export function learnOne(
  learner: Learner,
  z: Float64Array,
  label: number,
  raw: number,
  index: number,
  served: number | null,
): Learnt {
  const { features, target, ring, fast, slow, gap, fading } = learner;
  const outputs = outputsOf(target);
  const at = put(ring, features, learner.learnt, z, label);
  room(outputs);
  predict(slow.weights, ring.rows, at, features.length, slowScores);
  const predicted = predictOne(learner, ring.rows, at);
  frozenScores.fill(0);
  predict(learner.frozen, ring.rows, at, features.length, frozenScores);
  const losses = target.classes ? brier : squared;
  const own = losses(scores, label);
  const slowly = losses(slowScores, label);
  const d = target.classes ? gapOfClasses(slowly, own) : gapOfQuantity(gap, slowly, own);
  const statistic = bet(gap, d);
  const judged = served ?? predicted;
  const error = target.classes ? Number(judged === label) : judged - raw;
  leave(learner.trail, learner.learnt, index, slowly, error, raw);
  fade(fading, target.classes ? error : Math.abs(error), own, losses(frozenScores, label));
  learner.learnt++;
  for (const model of [fast, slow]) model.worth = model.worth * model.decay + 1;
  return { statistic, predicted: judged };
}

function fade(fading: Fading, score: number, fast: number, frozen: number): void {
  fading.weight += 1;
  const by = 1 / Math.min(FADING, fading.weight);
  fading.score += (score - fading.score) * by;
  fading.fast += (fast - fading.fast) * by;
  fading.frozen += (frozen - fading.frozen) * by;
}

/** Mean squared error over the classes, predictions kept in [0, 1]. */
function brier(predicted: Float64Array, label: number): number {
  let sum = 0;
  for (let c = 0; c < predicted.length; c++) {
    const p = Math.max(0, Math.min(1, predicted[c]!));
    sum += (p - (c === label ? 1 : 0)) ** 2;
  }
  return sum / predicted.length;
}

function squared(predicted: Float64Array, label: number): number {
  return (Math.max(-MOST_QUANTITY, Math.min(MOST_QUANTITY, predicted[0]!)) - label) ** 2;
}

/** Whether the slow model takes its events now. */
export function isSlowDue({ learnt, slow }: Learner, every: number): boolean {
  return learnt % every === 0 && (slow.worth < SETTLED || learnt % (every * RARELY) === 0);
}

/** The fast model was solved. */
export function followFast(learner: Learner, weights: Float64Array | null, condition: number): void {
  const { fast, path, ring, watch, features, learnt } = learner;
  fast.weights = weights ?? fast.weights;
  fast.at = learnt;
  learner.condition = condition;
  watch.moved = displacement(path, learnt, fast.weights, ring.rows, features.length);
  follow(path, learnt, fast.weights);
}

/** Point number `solution`, if its turn has come. */
export function plot(chart: Chart, solution: number, index: number, value: number): void {
  if (solution % chart.stride !== 0) return;
  chart.points.push({ index, value });
  if (chart.points.length < MOST_POINTS) return;
  // Half as many, twice as far apart, up to a stride at which the oldest go.
  if (chart.stride < MOST_STRIDE) {
    chart.stride *= 2;
    const kept = chart.points.filter((_, i) => i % 2 === 1);
    chart.points.splice(0, chart.points.length, ...kept);
  } else chart.points.shift();
}

const MOST_STRIDE = 8;
