import { type Features, featuresOf } from "../learners/features.ts";
import { WINDOW } from "./displacement.ts";

/**
 * The newest learnt events as rows of features, labels beside them: what the models take in blocks that never wrap, and what
 * their displacement is measured on.
 */
export interface Ring {
  readonly length: number;
  /** [length, D]. */
  readonly rows: Float64Array;
  /** [length, d]; rows follow from them. */
  readonly z: Float64Array;
  /** Class number, or the standardised quantity. */
  readonly labels: Float64Array;
}

/** The slow model is solved this many times more rarely, once its memory is long. */
export const RARELY = 5;

/** A multiple of `every` and of RARELY times it, so that no block wraps. */
export function ringLength(every: number): number {
  const block = every * RARELY;
  return Math.ceil(WINDOW / block) * block;
}

export function createRing(length: number, { inputs, length: features }: Features): Ring {
  return {
    length,
    rows: new Float64Array(length * features),
    z: new Float64Array(length * inputs),
    labels: new Float64Array(length),
  };
}

/** Puts event number `at` in its place; returns where its features begin. */
export function put(ring: Ring, features: Features, at: number, z: Float64Array, label: number): number {
  const place = at % ring.length;
  ring.z.set(z, place * features.inputs);
  ring.labels[place] = label;
  const from = place * features.length;
  featuresOf(features, z, ring.rows, from);
  return from;
}

/** The events [from, to) as a batch of a bank; they must not wrap. */
export function block(
  ring: Ring,
  features: number,
  outputs: number,
  classes: boolean,
  from: number,
  to: number,
): { events: number; rows: Float64Array; targets: Float64Array } {
  const first = from % ring.length;
  const events = to - from;
  const rows = ring.rows.subarray(first * features, (first + events) * features);
  return { events, rows, targets: targetsOf(ring.labels.subarray(first, first + events), outputs, classes) };
}

/** One row of outputs per label: 1 in the place of its class, or the quantity. */
export function targetsOf(labels: Float64Array, outputs: number, classes: boolean): Float64Array {
  const targets = new Float64Array(labels.length * outputs);
  labels.forEach((label, e) => {
    if (classes) targets[e * outputs + label] = 1;
    else targets[e] = label;
  });
  return targets;
}
