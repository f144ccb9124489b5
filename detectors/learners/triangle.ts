import { sumsLength } from "../../engine/model-sums.ts";

/**
 * Sums and factors of information.ts, as rows of an upper triangle, each followed by its row of targets. The innermost loops
 * are short functions, called often: those are compiled early and whole, where one long loop over all rows is compiled anew
 * each time it first leaves one of its inner loops. Each number is the outcome of the same additions in the same order as
 * with one row at a time.
 */

/** A pivot below this share of the largest means that rounding has eaten the matrix. */
const LEAST_PIVOT = 1e-14;

/** Row i of the sums += Σ_r v_r[i]·v_r[i…width), r in order; two rows at a time. */
export function accumulate(sums: Float64Array, v: Float64Array, events: number, features: number, width: number): void {
  for (let i = 0, row = 0; i < features; i += 2) {
    const length = width - i;
    const two = i + 1 < features;
    const below = two ? row + length : -1;
    let r = 0;
    for (; r + 5 <= events; r += 5) addFive(sums, row, below, length, v, r * width + i, width);
    for (; r < events; r++) {
      addOne(sums, row, length, v, r * width + i);
      if (two) addOne(sums, below, length - 1, v, r * width + i + 1);
    }
    row += two ? 2 * length - 1 : length;
  }
}

/** Five events into a row and the one below it (−1: none). */
function addFive(
  s: Float64Array,
  row: number,
  below: number,
  length: number,
  v: Float64Array,
  a: number,
  width: number,
): void {
  const b = a + width;
  const c = b + width;
  const d = c + width;
  const e = d + width;
  const pa = v[a]!;
  const pb = v[b]!;
  const pc = v[c]!;
  const pd = v[d]!;
  const pe = v[e]!;
  s[row] = s[row]! + pa * pa + pb * pb + pc * pc + pd * pd + pe * pe;
  if (below < 0) {
    for (let j = 1; j < length; j++)
      s[row + j] = s[row + j]! + pa * v[a + j]! + pb * v[b + j]! + pc * v[c + j]! + pd * v[d + j]! + pe * v[e + j]!;
    return;
  }
  const qa = v[a + 1]!;
  const qb = v[b + 1]!;
  const qc = v[c + 1]!;
  const qd = v[d + 1]!;
  const qe = v[e + 1]!;
  const to = below - 1;
  for (let j = 1; j < length; j++) {
    const va = v[a + j]!;
    const vb = v[b + j]!;
    const vc = v[c + j]!;
    const vd = v[d + j]!;
    const ve = v[e + j]!;
    s[row + j] = s[row + j]! + pa * va + pb * vb + pc * vc + pd * vd + pe * ve;
    s[to + j] = s[to + j]! + qa * va + qb * vb + qc * vc + qd * vd + qe * ve;
  }
}

function addOne(s: Float64Array, row: number, length: number, v: Float64Array, a: number): void {
  const p = v[a]!;
  for (let j = 0; j < length; j++) s[row + j] = s[row + j]! + p * v[a + j]!;
}

/** In place, two rows at a time: U with UᵀU = G, and beside it Y with UᵀY = Q. */
export function cholesky(u: Float64Array, features: number, outputs: number): number | null {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  const width = features + outputs;
  for (let i = 0, row = 0; i < features; ) {
    const length = width - i;
    const two = i + 1 < features;
    const below = row + length;
    // U[k, i] lies at start(k) + i − k, and start(k + 1) + i − (k + 1) = that + width − k − 1.
    let a = i;
    let k = 0;
    if (two) {
      for (; k + 4 <= i; k += 4) {
        takeFour(u, row, below, length, a, width - k - 1);
        a += 4 * (width - k - 1) - 6;
      }
    }
    for (; k < i; k++) {
      takeOne(u, row, length, a);
      if (two) takeOne(u, below, length - 1, a + 1);
      a += width - k - 1;
    }
    for (let at = row, left = length; at <= (two ? below : row); at += left, left--) {
      const pivot = u[at]!;
      if (!(pivot > LEAST_PIVOT * most)) return null;
      least = Math.min(least, pivot);
      most = Math.max(most, pivot);
      scaleRow(u, at, left, 1 / Math.sqrt(pivot));
      if (two && at === row) takeOne(u, below, length - 1, row + 1);
    }
    row = two ? below + length - 1 : below;
    i += two ? 2 : 1;
  }
  return Number.isFinite(most) ? most / least : null;
}

/** Four rows above, the first at a, out of a row and the one below it. `stride`: from a to the next of the four. */
function takeFour(u: Float64Array, row: number, below: number, length: number, a: number, stride: number): void {
  const b = a + stride;
  const c = b + stride - 1;
  const d = c + stride - 2;
  const pa = u[a]!;
  const pb = u[b]!;
  const pc = u[c]!;
  const pd = u[d]!;
  const qa = u[a + 1]!;
  const qb = u[b + 1]!;
  const qc = u[c + 1]!;
  const qd = u[d + 1]!;
  u[row] = u[row]! - pa * pa - pb * pb - pc * pc - pd * pd;
  const to = below - 1;
  for (let j = 1; j < length; j++) {
    const va = u[a + j]!;
    const vb = u[b + j]!;
    const vc = u[c + j]!;
    const vd = u[d + j]!;
    u[row + j] = u[row + j]! - pa * va - pb * vb - pc * vc - pd * vd;
    u[to + j] = u[to + j]! - qa * va - qb * vb - qc * vc - qd * vd;
  }
}

function takeOne(u: Float64Array, row: number, length: number, a: number): void {
  const p = u[a]!;
  for (let j = 0; j < length; j++) u[row + j] = u[row + j]! - p * u[a + j]!;
}

function scaleRow(u: Float64Array, row: number, length: number, by: number): void {
  for (let j = 0; j < length; j++) u[row + j] = u[row + j]! * by;
}

/** W from UW = Y, last row first; two partial sums, even and odd, as two lanes add them. */
export function substitute(u: Float64Array, features: number, outputs: number, out: Float64Array): void {
  let row = sumsLength(features, outputs);
  for (let k = features - 1; k >= 0; k--) {
    const tail = features - k - 1;
    row -= tail + 1 + outputs;
    let c = 0;
    for (; c + 4 <= outputs; c += 4) backFour(u, row, tail, c, out, c * features + k, features);
    for (; c < outputs; c++) backOne(u, row, tail, c, out, c * features + k);
  }
}

/** W[c, k] of one output, at `at`, from those after it. */
function backOne(u: Float64Array, row: number, tail: number, c: number, out: Float64Array, at: number): void {
  let even = 0;
  let odd = 0;
  let j = 1;
  for (; j < tail; j += 2) {
    even += u[row + j]! * out[at + j]!;
    odd += u[row + j + 1]! * out[at + j + 1]!;
  }
  if (j <= tail) even += u[row + j]! * out[at + j]!;
  out[at] = (u[row + tail + 1 + c]! - (even + odd)) / u[row]!;
}

function backFour(
  u: Float64Array,
  row: number,
  tail: number,
  c: number,
  out: Float64Array,
  at: number,
  features: number,
): void {
  const second = at + features;
  const third = second + features;
  const fourth = third + features;
  let evenA = 0;
  let evenB = 0;
  let evenC = 0;
  let evenD = 0;
  let oddA = 0;
  let oddB = 0;
  let oddC = 0;
  let oddD = 0;
  let j = 1;
  for (; j < tail; j += 2) {
    const v = u[row + j]!;
    const w = u[row + j + 1]!;
    evenA += v * out[at + j]!;
    evenB += v * out[second + j]!;
    evenC += v * out[third + j]!;
    evenD += v * out[fourth + j]!;
    oddA += w * out[at + j + 1]!;
    oddB += w * out[second + j + 1]!;
    oddC += w * out[third + j + 1]!;
    oddD += w * out[fourth + j + 1]!;
  }
  if (j <= tail) {
    const v = u[row + j]!;
    evenA += v * out[at + j]!;
    evenB += v * out[second + j]!;
    evenC += v * out[third + j]!;
    evenD += v * out[fourth + j]!;
  }
  const y = row + tail + 1 + c;
  out[at] = (u[y]! - (evenA + oddA)) / u[row]!;
  out[second] = (u[y + 1]! - (evenB + oddB)) / u[row]!;
  out[third] = (u[y + 2]! - (evenC + oddC)) / u[row]!;
  out[fourth] = (u[y + 3]! - (evenD + oddD)) / u[row]!;
}
