import type { ModelUpdate, Slot } from "../../engine/model-bank.ts";
import { type Features, featuresOf } from "../learners/features.ts";
import { type Random, uniform } from "../statistics/random.ts";
import { createPath, displacement, follow, type Path } from "./displacement.ts";
import { targetsOf } from "./ring.ts";
import { countOf, eventAt, type Sample } from "./sample.ts";

/**
 * What displacement is usual while nothing changes: a copy of the model learns events drawn with replacement from the sample,
 * in blocks of neighbours where they depend on each other. Maxima of log displacement over blocks of events are Gumbel.
 */
export interface Replay {
  readonly slot: Slot;
  readonly path: Path;
  weights: Float64Array;
  /** The newest rows, [ring, D]; and their inputs, from which they follow. */
  readonly rows: Float64Array;
  readonly z: Float64Array;
  /** Events replayed. */
  done: number;
  /** Place in the sample of the next event of a block, and what is left of the block. */
  next: number;
  left: number;
  /** Neighbours drawn together. */
  readonly block: number;
  /** Largest log displacement of the block of events in hand; of the closed ones count, sum, sum of squares. */
  largest: number;
  maxima: number;
  sum: number;
  squares: number;
}

export const REPLAYED = 20_000;
const DROPPED = 500;
const MAXIMA_OVER = 500;
const EULER = 0.5772156649015329;
/** A model that does not move has no logarithm. */
const FLOOR = 1e-12;

export function createReplay(
  slot: Slot,
  weights: Float64Array,
  features: Features,
  ring: number,
  block: number,
): Replay {
  return {
    slot,
    path: createPath(),
    weights,
    rows: new Float64Array(ring * features.length),
    z: new Float64Array(ring * features.inputs),
    done: 0,
    next: 0,
    left: 0,
    block,
    largest: Number.NEGATIVE_INFINITY,
    maxima: 0,
    sum: 0,
    squares: 0,
  };
}

let z = new Float64Array(0);

/** Draws the next events; call advance() with what the bank made of them. */
export function draw(
  replay: Replay,
  sample: Sample,
  random: Random,
  features: Features,
  model: { readonly outputs: number; readonly classes: boolean; readonly every: number },
): ModelUpdate {
  const { every, outputs, classes } = model;
  const { inputs, length } = features;
  const ring = replay.rows.length / length;
  if (z.length !== inputs) z = new Float64Array(inputs);
  const labels = new Float64Array(every);
  const first = replay.done % ring;
  for (let e = 0; e < every; e++) {
    if (replay.left === 0) {
      replay.left = replay.block;
      replay.next = Math.floor(uniform(random) * (countOf(sample) - replay.block + 1));
    }
    labels[e] = eventAt(sample, replay.next++, z, classes);
    replay.left--;
    replay.z.set(z, (first + e) * inputs);
    featuresOf(features, z, replay.rows, (first + e) * length);
  }
  replay.done += every;
  return {
    slot: replay.slot,
    events: every,
    rows: replay.rows.subarray(first * length, (first + every) * length),
    targets: targetsOf(labels, outputs, classes),
  };
}

/** Takes the solved weights; true when the replay has ended. */
export function advance(replay: Replay, weights: Float64Array | null, features: number): boolean {
  const { done, path, rows } = replay;
  replay.weights = weights ?? replay.weights;
  const moved = displacement(path, done, replay.weights, rows, features);
  follow(path, done, replay.weights);
  if (moved !== null && done > DROPPED) replay.largest = Math.max(replay.largest, Math.log(Math.max(FLOOR, moved)));
  const closed = Math.floor((done - DROPPED) / MAXIMA_OVER);
  if (done > DROPPED && closed > replay.maxima && Number.isFinite(replay.largest)) {
    replay.maxima = closed;
    replay.sum += replay.largest;
    replay.squares += replay.largest ** 2;
    replay.largest = Number.NEGATIVE_INFINITY;
  }
  return done >= REPLAYED;
}

/** log displacement that is passed once in `per` events: Gumbel by moments. */
export function thresholdOf({ maxima, sum, squares }: Replay, per: number): number {
  const mean = sum / maxima;
  const sd = Math.sqrt(Math.max(0, squares / maxima - mean ** 2) * (maxima / Math.max(1, maxima - 1)));
  const beta = (sd * Math.sqrt(6)) / Math.PI;
  return mean - EULER * beta - beta * Math.log(-Math.log(1 - MAXIMA_OVER / per));
}
