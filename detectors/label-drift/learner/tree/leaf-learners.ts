import type { Reader, Writer } from "../../../statistics/bytes.ts";
import { type Random, uniform } from "../../../statistics/random.ts";

/** What a leaf predicts with: neighbours while it is young, then bagged logistic regressions of each label. Inputs as they come. */
export interface LeafLearners {
  inputs: number;
  labels: number;
  /** The newest events, a ring: [WINDOW, inputs], and each one's labels. */
  rows: Float32Array;
  sets: Uint16Array[];
  next: number;
  /** [labels, BAG, inputs + 1], the constant first. */
  weights: Float64Array;
}

const WINDOW = 170;
const NEIGHBOURS = 4;
const BAG = 10;
const RATE = 0.3;
const CONSTANT_RATE = 0.01;
/** Inputs of any size come: beyond these nothing would be told apart any more. */
const MOST_INPUT = 1e9;
const MOST_WEIGHT = 1e9;

export function createLeafLearners(): LeafLearners {
  return { inputs: 0, labels: 0, rows: new Float32Array(0), sets: [], next: 0, weights: new Float64Array(0) };
}

export function widenLeafLearners(l: LeafLearners, inputs: number, labels: number): void {
  if (inputs > l.inputs) {
    const rows = new Float32Array(WINDOW * inputs);
    for (let r = 0; r < l.sets.length; r++) rows.set(l.rows.subarray(r * l.inputs, (r + 1) * l.inputs), r * inputs);
    l.rows = rows;
    const weights = new Float64Array(l.labels * BAG * (inputs + 1));
    for (let r = 0; r < l.labels * BAG; r++) {
      weights.set(l.weights.subarray(r * (l.inputs + 1), (r + 1) * (l.inputs + 1)), r * (inputs + 1));
    }
    l.weights = weights;
    l.inputs = inputs;
  }
  if (labels > l.labels) {
    const weights = new Float64Array(labels * BAG * (inputs + 1));
    weights.set(l.weights);
    l.weights = weights;
    l.labels = labels;
  }
}

const distances = new Float64Array(NEIGHBOURS);
const places = new Int32Array(NEIGHBOURS);

/** Adds each label's share of the votes, weighted by inverse distance; one at no distance decides alone. */
export function voteNear(l: LeafLearners, x: Float64Array, out: Float64Array): void {
  let found = 0;
  const held = l.sets.length;
  for (let age = 0; age < held; age++) {
    // Oldest first, as the votes of equals are counted.
    const r = held < WINDOW ? age : (l.next + age) % WINDOW;
    const from = r * l.inputs;
    let d = 0;
    for (let j = 0; j < l.inputs; j++) {
      const apart = l.rows[from + j]! - Math.fround(x[j]!);
      d += apart * apart;
    }
    if (found === NEIGHBOURS && d >= distances[NEIGHBOURS - 1]!) continue;
    let at = found < NEIGHBOURS ? found++ : NEIGHBOURS - 1;
    for (; at > 0 && distances[at - 1]! > d; at--) {
      distances[at] = distances[at - 1]!;
      places[at] = places[at - 1]!;
    }
    distances[at] = d;
    places[at] = r;
  }
  if (found === 0) return;
  if (distances[0] === 0) {
    for (const label of l.sets[places[0]!]!) out[label] = out[label]! + 1;
    return;
  }
  let total = 0;
  for (let k = 0; k < found; k++) total += 1 / Math.sqrt(distances[k]!);
  for (let k = 0; k < found; k++) {
    const weight = 1 / Math.sqrt(distances[k]!) / total;
    for (const label of l.sets[places[k]!]!) out[label] = out[label]! + weight;
  }
}

/** Adds each label's probability, the mean over the bag. */
export function tellApart(l: LeafLearners, x: Float64Array, out: Float64Array): void {
  const width = l.inputs + 1;
  for (let label = 0; label < l.labels; label++) {
    let sum = 0;
    for (let b = 0; b < BAG; b++) sum += sigmoid(dot(l.weights, (label * BAG + b) * width, x, l.inputs));
    out[label] = out[label]! + sum / BAG;
  }
}

export function learnLeaf(
  l: LeafLearners,
  x: Float64Array,
  active: Uint16Array,
  size: number,
  present: Uint8Array,
  weight: number,
  random: Random,
): void {
  const width = l.inputs + 1;
  for (let label = 0; label < l.labels; label++) {
    const y = present[label]!;
    for (let b = 0; b < BAG; b++) {
      const at = (label * BAG + b) * width;
      for (let times = poisson(random); times > 0; times--) {
        const loss = weight * (sigmoid(dot(l.weights, at, x, l.inputs)) - y);
        l.weights[at] = l.weights[at]! - CONSTANT_RATE * loss;
        const step = RATE * loss;
        for (let j = 0; j < l.inputs; j++) {
          const w = l.weights[at + 1 + j]! - step * x[j]!;
          l.weights[at + 1 + j] = w > MOST_WEIGHT ? MOST_WEIGHT : w < -MOST_WEIGHT ? -MOST_WEIGHT : w;
        }
      }
    }
  }
  l.rows.set(x.subarray(0, l.inputs), l.next * l.inputs);
  l.sets[l.next] = active.slice(0, size);
  l.next = (l.next + 1) % WINDOW;
}

/** Keeps sums finite. */
export function tame(x: number): number {
  return x > MOST_INPUT ? MOST_INPUT : x < -MOST_INPUT ? -MOST_INPUT : x;
}

function dot(w: Float64Array, at: number, x: Float64Array, inputs: number): number {
  let sum = w[at]!;
  for (let j = 0; j < inputs; j++) sum += w[at + 1 + j]! * x[j]!;
  return sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Mean 1. */
export function poisson(random: Random): number {
  let n = -1;
  for (let p = 1; p > Math.exp(-1); n++) p *= uniform(random);
  return Math.max(0, n);
}

export function writeLeafLearners(w: Writer, l: LeafLearners): void {
  for (const n of [l.inputs, l.labels, l.next, l.sets.length]) w.u32(n);
  w.array(l.rows.subarray(0, l.sets.length * l.inputs));
  for (const set of l.sets) w.array(set);
  w.array(l.weights);
}

export function readLeafLearners(r: Reader): LeafLearners {
  const l = createLeafLearners();
  const [inputs, labels, next, held] = [r.u32(), r.u32(), r.u32(), r.u32()];
  widenLeafLearners(l, inputs, labels);
  l.rows.set(r.f32s());
  l.sets = Array.from({ length: held }, () => r.u16s());
  l.next = next;
  l.weights = r.f64s();
  return l;
}
