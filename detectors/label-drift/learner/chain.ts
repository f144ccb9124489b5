import type { Reader, Writer } from "../../statistics/bytes.ts";

/**
 * A classifier chain of logistic regressions: label l is told from the inputs and the labels before it; true bits in training,
 * hard predicted ones in prediction. SGD. A label that comes later starts where one that was never on would stand: from the
 * weights of a phantom at the chain's end that is always off.
 */
export interface Chain {
  labels: number;
  /** Inputs used of each row, and room in it. */
  width: number;
  stride: number;
  /** Row 0 is the phantom's, row l + 1 that of label l; column 0 is the constant's. */
  weights: Float64Array;
  /** On the label k < l at l(l − 1)/2 + k. */
  bits: Float64Array;
  phantomBits: Float64Array;
  /** Of the last prediction: what the inputs alone say; row 0 too. */
  sums: Float64Array;
}

const RATE = 0.01;

export function createChain(): Chain {
  return {
    labels: 0,
    width: 1,
    stride: 1,
    weights: new Float64Array(1),
    bits: new Float64Array(0),
    phantomBits: new Float64Array(0),
    sums: new Float64Array(1),
  };
}

export function widenChain(c: Chain, labels: number, inputs: number): void {
  if (inputs + 1 > c.stride) {
    const stride = c.width === 1 ? inputs + 1 : Math.ceil((inputs + 1) * 1.25);
    const wider = new Float64Array((c.weights.length / c.stride) * stride);
    for (let l = 0; l <= c.labels; l++) wider.set(c.weights.subarray(l * c.stride, l * c.stride + c.width), l * stride);
    c.weights = wider;
    c.stride = stride;
  }
  c.width = Math.max(c.width, inputs + 1);
  if (labels <= c.labels) return;
  if ((labels + 1) * c.stride > c.weights.length)
    c.weights = longer(c.weights, Math.ceil((labels + 1) * 1.25) * c.stride);
  if ((labels * (labels - 1)) / 2 > c.bits.length) c.bits = longer(c.bits, Math.ceil(labels * labels * 0.625));
  if (labels > c.phantomBits.length) {
    c.phantomBits = longer(c.phantomBits, Math.ceil(labels * 1.25));
    c.sums = longer(c.sums, Math.ceil(labels * 1.25) + 1);
  }
  for (let l = c.labels; l < labels; l++) startLabel(c, l);
  c.labels = labels;
}

function startLabel(c: Chain, l: number): void {
  c.weights.copyWithin((l + 1) * c.stride, 0, c.width);
  c.bits.set(c.phantomBits.subarray(0, l), (l * (l - 1)) / 2);
  c.sums[l + 1] = c.sums[0]!;
}

/** The number now means a label that was never on. */
export function forgetInChain(c: Chain, l: number): void {
  startLabel(c, l);
  c.phantomBits[l] = 0;
  for (let k = l + 1; k < c.labels; k++) c.bits[(k * (k - 1)) / 2 + l] = 0;
}

const on = new Uint16Array(4096);

/** Writes each label's probability and hard answer. z: [width − 1]. */
export function predictChain(c: Chain, z: Float64Array, scores: Float64Array, hard: Uint8Array): void {
  const { labels, width, stride, weights, bits, sums } = c;
  let count = 0;
  for (let l = 0; l <= labels; l++) {
    let at = l * stride;
    let even = weights[at]!;
    let odd = 0;
    let j = 1;
    at++;
    for (; j + 2 <= width; j += 2, at += 2) {
      even += weights[at]! * z[j - 1]!;
      odd += weights[at + 1]! * z[j]!;
    }
    if (j < width) even += weights[at]! * z[j - 1]!;
    sums[l] = even + odd;
  }
  for (let l = 0; l < labels; l++) {
    let sum = sums[l + 1]!;
    const row = (l * (l - 1)) / 2;
    for (let k = 0; k < count; k++) sum += bits[row + on[k]!]!;
    scores[l] = 1 / (1 + Math.exp(-sum));
    hard[l] = sum > 0 ? 1 : 0;
    if (sum > 0) on[count++] = l;
  }
}

/** The truth of the event predicted last: labels active[0 … size), ascending; all known. */
export function learnChain(c: Chain, z: Float64Array, active: Uint16Array, size: number): void {
  const { labels, sums, bits, phantomBits } = c;
  let told = 0;
  for (let l = 0; l < labels; l++) {
    const row = (l * (l - 1)) / 2;
    let sum = sums[l + 1]!;
    for (let k = 0; k < told; k++) sum += bits[row + active[k]!]!;
    const y = told < size && active[told] === l ? 1 : 0;
    const step = RATE * (y - 1 / (1 + Math.exp(-sum)));
    move(c, l + 1, z, step);
    for (let k = 0; k < told; k++) bits[row + active[k]!] = bits[row + active[k]!]! + step;
    told += y;
  }
  let sum = sums[0]!;
  for (let k = 0; k < size; k++) sum += phantomBits[active[k]!]!;
  const step = -RATE / (1 + Math.exp(-sum));
  move(c, 0, z, step);
  for (let k = 0; k < size; k++) phantomBits[active[k]!] = phantomBits[active[k]!]! + step;
}

function move({ weights, stride, width }: Chain, row: number, z: Float64Array, step: number): void {
  const from = row * stride;
  weights[from] = weights[from]! + step;
  for (let j = 1; j < width; j++) weights[from + j] = weights[from + j]! + step * z[j - 1]!;
}

function longer(a: Float64Array, length: number): Float64Array {
  const made = new Float64Array(length);
  made.set(a);
  return made;
}

export function writeChain(w: Writer, c: Chain): void {
  w.u32(c.labels);
  w.u32(c.width);
  const rows = new Float64Array((c.labels + 1) * c.width);
  for (let l = 0; l <= c.labels; l++) rows.set(c.weights.subarray(l * c.stride, l * c.stride + c.width), l * c.width);
  w.array(rows);
  w.array(c.bits.subarray(0, (c.labels * (c.labels - 1)) / 2));
  w.array(c.phantomBits.subarray(0, c.labels));
}

export function readChain(r: Reader): Chain {
  const labels = r.u32();
  const width = r.u32();
  const weights = r.f64s();
  const bits = r.f64s();
  return { labels, width, stride: width, weights, bits, phantomBits: r.f64s(), sums: new Float64Array(labels + 1) };
}
