import type { Reader, Writer } from "../../../statistics/bytes.ts";
import { normalShare } from "../../../statistics/normal.ts";

/**
 * What a leaf knows of its inputs, to split on one: for each input the weight, mean and sum of squares (Welford) over all
 * events, those without labels, and those with each label; and its range.
 */
export interface Observer {
  inputs: number;
  /** Classes: all, none, then each label. */
  classes: number;
  /** [inputs, classes, 3]. */
  cells: Float64Array;
  /** [inputs, 2]. */
  range: Float64Array;
}

export const ALL = 0;
export const NONE = 1;
export const LABELS = 2;
const CELLS = 3;

export function createObserver(): Observer {
  return { inputs: 0, classes: 0, cells: new Float64Array(0), range: new Float64Array(0) };
}

export function widenObserver(o: Observer, inputs: number, classes: number): void {
  if (inputs <= o.inputs && classes <= o.classes) return;
  const to = { inputs: Math.max(inputs, o.inputs), classes: Math.max(classes, o.classes) };
  const cells = new Float64Array(to.inputs * to.classes * CELLS);
  const range = new Float64Array(to.inputs * 2);
  for (let j = 0; j < to.inputs; j++) {
    range[2 * j] = j < o.inputs ? o.range[2 * j]! : Number.MAX_VALUE;
    range[2 * j + 1] = j < o.inputs ? o.range[2 * j + 1]! : -Number.MAX_VALUE;
    if (j >= o.inputs) continue;
    cells.set(o.cells.subarray(j * o.classes * CELLS, (j + 1) * o.classes * CELLS), j * to.classes * CELLS);
  }
  Object.assign(o, to, { cells, range });
}

export function observeInputs(o: Observer, x: Float64Array, active: Uint16Array, size: number, weight: number): void {
  const { inputs, classes, cells, range } = o;
  for (let j = 0; j < inputs; j++) {
    const value = x[j]!;
    if (value < range[2 * j]!) range[2 * j] = value;
    if (value > range[2 * j + 1]!) range[2 * j + 1] = value;
    const from = j * classes * CELLS;
    add(cells, from + ALL * CELLS, value, weight);
    if (size === 0) add(cells, from + NONE * CELLS, value, weight);
    for (let k = 0; k < size; k++) add(cells, from + (LABELS + active[k]!) * CELLS, value, weight);
  }
}

function add(cells: Float64Array, at: number, value: number, weight: number): void {
  const n = cells[at]! + weight;
  const apart = value - cells[at + 1]!;
  const mean = cells[at + 1]! + (weight * apart) / n;
  cells[at] = n;
  cells[at + 1] = mean;
  cells[at + 2] = cells[at + 2]! + weight * apart * (value - mean);
}

export interface Split {
  readonly input: number;
  readonly threshold: number;
  readonly merit: number;
  /** Weight by class on either side: [all, none, labels …]. */
  readonly below: Float64Array;
  readonly above: Float64Array;
}

/** Thresholds tried between the ends of an input's range. */
const TRIED = 10;

/** The best split of each input, by how much the entropy of independent labels falls; best first. */
export function bestSplits(o: Observer, stats: Float64Array, leastShare: number): Split[] {
  const entropy = bernoulliEntropy(stats);
  const found: Split[] = [];
  for (let j = 0; j < o.inputs; j++) {
    const low = o.range[2 * j]!;
    const high = o.range[2 * j + 1]!;
    if (!(high > low)) continue;
    let best: Split | null = null;
    for (let t = 1; t <= TRIED; t++) {
      const threshold = low + ((high - low) * t) / (TRIED + 1);
      const below = new Float64Array(o.classes);
      const above = new Float64Array(o.classes);
      for (let c = 0; c < o.classes; c++) {
        const at = (j * o.classes + c) * CELLS;
        const n = o.cells[at]!;
        below[c] = n * shareBelow(threshold, n, o.cells[at + 1]!, o.cells[at + 2]!);
        above[c] = n - below[c]!;
      }
      const total = below[ALL]! + above[ALL]!;
      if (Math.min(below[ALL]!, above[ALL]!) / total <= leastShare) continue;
      const left = (below[ALL]! * bernoulliEntropy(below) + above[ALL]! * bernoulliEntropy(above)) / total;
      const merit = entropy - left;
      if (best === null || merit > best.merit) best = { input: j, threshold, merit, below, above };
    }
    if (best !== null) found.push(best);
  }
  return found.sort((a, b) => b.merit - a.merit || a.input - b.input);
}

/** Entropy in bits of a set of independent labels (a multivariate Bernoulli): Σ_l H(p_l), no label at all counted as one. */
export function bernoulliEntropy(weights: Float64Array): number {
  const total = weights[ALL]!;
  if (!(total > 0)) return 0;
  let sum = 0;
  for (let c = NONE; c < weights.length; c++) {
    const p = Math.min(1, weights[c]! / total);
    if (p > 0 && p < 1) sum -= p * Math.log2(p) + (1 - p) * Math.log2(1 - p);
  }
  return sum;
}

function shareBelow(x: number, n: number, mean: number, squares: number): number {
  const sd = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  if (!(sd > 0)) return x < mean ? 0 : 1;
  return normalShare((x - mean) / sd);
}

export function writeObserver(w: Writer, o: Observer): void {
  w.u32(o.inputs);
  w.u32(o.classes);
  w.array(o.cells);
  w.array(o.range);
}

export function readObserver(r: Reader): Observer {
  return { inputs: r.u32(), classes: r.u32(), cells: r.f64s(), range: r.f64s() };
}
