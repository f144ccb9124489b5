import { sumsLength } from "../../../engine/model-sums.ts";
import {
  absorb,
  createInformation,
  decayOf,
  type Information,
  predict,
  solve,
  widen,
} from "../../learners/information.ts";
import { mulberry32 } from "../../learners/streams.ts";
import type { Reader, Writer } from "../../statistics/bytes.ts";

/**
 * A random vector functional link for many labels: ridge regression of each label on a = [1, h, z], h 100 sigmoids of random
 * combinations of [1, z] brought to length 1 (so that they do not saturate with many inputs), in the information form.
 * Inputs stand last: one that comes later has no past, which is a zero row.
 */
export interface Links {
  inputs: number;
  labels: number;
  info: Information;
  /** [labels, features], as solved last. */
  weights: Float64Array;
  /** Events waiting to be taken in: features and targets. */
  rows: Float64Array;
  targets: Float64Array;
  held: number;
  events: number;
  /** Random weights, [inputs + 1, NODES]. */
  random: Float64Array;
  readonly seed: number;
}

const NODES = 100;
const THETA = 1.0005;
const RIDGE = 10;
const BLOCK = 10;
const SOLVE_EVERY = 50;
/** Sooner at first; seldom where a solution takes long. */
const YOUNG = 100;
const LARGE = 1024;
/** Variance 1 of a sum over a unit vector. */
const SPREAD = Math.sqrt(3);

export function createLinks(seed: number): Links {
  return {
    inputs: 0,
    labels: 0,
    info: createInformation(1 + NODES, 0, decayOf(THETA), RIDGE, "float32"),
    weights: new Float64Array(0),
    rows: new Float64Array(BLOCK * (1 + NODES)),
    targets: new Float64Array(0),
    held: 0,
    events: 0,
    random: drawn(seed, 0),
    seed,
  };
}

function drawn(seed: number, inputs: number): Float64Array {
  const next = mulberry32(seed);
  return Float64Array.from({ length: (inputs + 1) * NODES }, () => SPREAD * (2 * next() - 1));
}

export function widenLinks(k: Links, labels: number, inputs: number): void {
  if (labels > k.labels) {
    widen(k.info, labels);
    k.targets = restrided(k.targets, BLOCK, k.labels, labels);
    const features = k.info.features;
    const wider = new Float64Array(labels * features);
    wider.set(k.weights);
    k.weights = wider;
    k.labels = labels;
  }
  if (inputs <= k.inputs) return;
  const had = k.info.features;
  const features = 1 + NODES + inputs;
  k.info = withFeatures(k.info, features);
  k.rows = restrided(k.rows, BLOCK, had, features);
  k.weights = restrided(k.weights, k.labels, had, features);
  k.inputs = inputs;
  k.random = drawn(k.seed, inputs);
}

/** The same sums with more features, zero so far. */
function withFeatures(info: Information, features: number): Information {
  const { features: had, outputs, sums } = info;
  const wider = new Float32Array(sumsLength(features, outputs));
  for (let i = 0, from = 0, to = 0; i < had; i++) {
    wider.set(sums.subarray(from, from + had - i), to);
    wider.set(sums.subarray(from + had - i, from + had - i + outputs), to + features - i);
    from += had - i + outputs;
    to += features - i + outputs;
  }
  return { ...info, features, sums: wider };
}

function restrided(a: Float64Array, rows: number, had: number, width: number): Float64Array {
  const made = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) made.set(a.subarray(i * had, (i + 1) * had), i * width);
  return made;
}

const sums = new Float64Array(NODES);

/** Writes each label's value, 0 to 1 where it is sure, and hard answer. */
export function predictLinks(k: Links, z: Float64Array, scores: Float64Array, hard: Uint8Array): void {
  const { inputs, random, rows } = k;
  const features = k.info.features;
  const from = k.held * features;
  rows[from] = 1;
  let square = 1;
  for (let n = 0; n < NODES; n++) sums[n] = random[n]!;
  let j = 0;
  // Four inputs at a time: a quarter of the loads and stores of sums.
  for (; j + 4 <= inputs; j += 4) {
    const xa = z[j]!;
    const xb = z[j + 1]!;
    const xc = z[j + 2]!;
    const xd = z[j + 3]!;
    const a = (j + 1) * NODES;
    const b = a + NODES;
    const c = b + NODES;
    const d = c + NODES;
    for (let n = 0; n < NODES; n++)
      sums[n] = sums[n]! + xa * random[a + n]! + xb * random[b + n]! + xc * random[c + n]! + xd * random[d + n]!;
  }
  for (; j < inputs; j++) {
    const x = z[j]!;
    const at = (j + 1) * NODES;
    for (let n = 0; n < NODES; n++) sums[n] = sums[n]! + x * random[at + n]!;
  }
  for (let i = 0; i < inputs; i++) {
    const x = z[i]!;
    rows[from + 1 + NODES + i] = x;
    square += x * x;
  }
  const by = 1 / Math.sqrt(square);
  for (let n = 0; n < NODES; n++) rows[from + 1 + n] = 1 / (1 + Math.exp(-sums[n]! * by));
  predict(k.weights, rows, from, features, scores);
  for (let l = 0; l < k.labels; l++) hard[l] = scores[l]! > 0.5 ? 1 : 0;
}

/** The truth of the event predicted last. */
export function learnLinks(k: Links, active: Uint16Array, size: number): void {
  const from = k.held * k.labels;
  k.targets.fill(0, from, from + k.labels);
  for (let n = 0; n < size; n++) k.targets[from + active[n]!] = 1;
  k.held++;
  k.events++;
  if (k.held < BLOCK) return;
  absorb(k.info, k.rows, k.targets, BLOCK);
  k.held = 0;
  const every = k.info.features > LARGE ? 2 * SOLVE_EVERY : SOLVE_EVERY;
  if (k.events % every === 0 || (k.events <= YOUNG && k.info.features <= LARGE)) solve(k.info, k.weights);
}

/** The number now means a label that was never on. */
export function forgetInLinks(k: Links, l: number): void {
  const { features, outputs, sums: s } = k.info;
  for (let i = 0, row = 0; i < features; i++) {
    s[row + features - i + l] = 0;
    row += features - i + outputs;
  }
  k.weights.fill(0, l * features, (l + 1) * features);
  for (let r = 0; r < k.held; r++) k.targets[r * k.labels + l] = 0;
}

export function writeLinks(w: Writer, k: Links): void {
  for (const n of [k.inputs, k.labels, k.held]) w.u32(n);
  w.f64(k.events);
  w.f64(k.info.scale);
  w.array(k.info.sums);
  w.array(k.weights);
  w.array(k.rows.subarray(0, k.held * k.info.features));
  w.array(k.targets.subarray(0, k.held * k.labels));
}

export function readLinks(r: Reader, seed: number): Links {
  const k = createLinks(seed);
  const [inputs, labels, held] = [r.u32(), r.u32(), r.u32()];
  widenLinks(k, labels, inputs);
  k.held = held;
  k.events = r.f64();
  k.info.scale = r.f64();
  k.info.sums = r.f32s();
  k.weights = r.f64s();
  k.rows.set(r.f64s());
  k.targets.set(r.f64s());
  return k;
}
