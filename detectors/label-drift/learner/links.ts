import { sumsLength } from "../../../engine/model-sums.ts";
import type { SumsKernels } from "../../../engine/tensors.ts";
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
  /** Random weights, [NODES, inputs + 1], the constant's first. */
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

/** Drawn input by input: one that comes later changes nothing of those before. */
function drawn(seed: number, inputs: number): Float64Array {
  const next = mulberry32(seed);
  const random = new Float64Array(NODES * (inputs + 1));
  for (let j = 0; j <= inputs; j++) {
    for (let n = 0; n < NODES; n++) random[n * (inputs + 1) + j] = SPREAD * (2 * next() - 1);
  }
  return random;
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

/** Writes each label's value, 0 to 1 where it is sure, and hard answer. */
export function predictLinks(k: Links, z: Float64Array, scores: Float64Array, hard: Uint8Array): void {
  const { inputs, rows } = k;
  const features = k.info.features;
  const from = k.held * features;
  rows[from] = 1;
  let square = 1;
  for (let i = 0; i < inputs; i++) {
    const x = z[i]!;
    rows[from + 1 + NODES + i] = x;
    square += x * x;
  }
  const by = 1 / Math.sqrt(square);
  for (let n = 0; n < NODES; n += 5) fiveNodes(k.random, n * (inputs + 1), inputs, z, by, rows, from + 1 + n);
  predict(k.weights, rows, from, features, scores);
  for (let l = 0; l < k.labels; l++) hard[l] = scores[l]! > 0.5 ? 1 : 0;
}

/** Five sums side by side: one alone waits for each of its additions. */
function fiveNodes(
  random: Float64Array,
  at: number,
  inputs: number,
  z: Float64Array,
  by: number,
  out: Float64Array,
  to: number,
): void {
  const b = at + inputs + 1;
  const c = b + inputs + 1;
  const d = c + inputs + 1;
  const e = d + inputs + 1;
  let first = random[at]!;
  let second = random[b]!;
  let third = random[c]!;
  let fourth = random[d]!;
  let fifth = random[e]!;
  for (let j = 1; j <= inputs; j++) {
    const x = z[j - 1]!;
    first += x * random[at + j]!;
    second += x * random[b + j]!;
    third += x * random[c + j]!;
    fourth += x * random[d + j]!;
    fifth += x * random[e + j]!;
  }
  out[to] = 1 / (1 + Math.exp(-first * by));
  out[to + 1] = 1 / (1 + Math.exp(-second * by));
  out[to + 2] = 1 / (1 + Math.exp(-third * by));
  out[to + 3] = 1 / (1 + Math.exp(-fourth * by));
  out[to + 4] = 1 / (1 + Math.exp(-fifth * by));
}

/** The truth of the event predicted last. */
export function learnLinks(k: Links, active: Uint16Array, size: number, kernels: SumsKernels): void {
  const from = k.held * k.labels;
  k.targets.fill(0, from, from + k.labels);
  for (let n = 0; n < size; n++) k.targets[from + active[n]!] = 1;
  k.held++;
  k.events++;
  if (k.held < BLOCK) return;
  absorb(k.info, k.rows, k.targets, BLOCK, kernels);
  k.held = 0;
  const every = k.info.features > LARGE ? 2 * SOLVE_EVERY : SOLVE_EVERY;
  if (k.events % every === 0 || (k.events <= YOUNG && k.info.features <= LARGE)) solve(k.info, k.weights, kernels);
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
