import { nextUint32, type Random } from "../statistics/random.ts";

/** Sparse matrix by rows: row i has columns[starts[i]..starts[i+1]) with their values. */
export interface Sparse {
  readonly rows: number;
  readonly width: number;
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** Columns beyond the wanted ones, and rounds of subspace iteration: Halko, Martinsson, Tropp (2011). */
const OVERSAMPLE = 10;
const ROUNDS = 2;

/**
 * The leading right singular vectors, row-major [width, dim]. Directions beyond the rank are zero.
 * Each vector's sign makes the mean projection of the rows positive.
 */
export function rightSingularVectors(x: Sparse, dim: number, random: Random): Float64Array {
  const l = Math.min(dim + OVERSAMPLE, x.rows);
  let q = orthonormal(times(x, signs(x.width * l, random), l), x.rows, l);
  for (let round = 0; round < ROUNDS; round++) q = orthonormal(times(x, transposedTimes(x, q, l), l), x.rows, l);
  const image = times(x, transposedTimes(x, q, l), l);
  const { values, vectors } = symmetricEigen(gram(q, image, x.rows, l), l);
  return transposedTimes(x, leftVectors(q, x.rows, l, values, vectors, dim), dim);
}

/** U·diag(1/σ), so that Xᵀ times it gives unit right vectors. */
function leftVectors(
  q: Float64Array,
  rows: number,
  l: number,
  values: Float64Array,
  vectors: Float64Array,
  dim: number,
): Float64Array {
  const out = new Float64Array(rows * dim);
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const least = values[order[0]!]! * 1e-10;
  for (let d = 0; d < Math.min(dim, l); d++) {
    const column = order[d]!;
    const value = values[column]!;
    if (!(value > least)) continue;
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      let s = 0;
      for (let j = 0; j < l; j++) s += q[row * l + j]! * vectors[j * l + column]!;
      out[row * dim + d] = s;
      sum += s;
    }
    const scale = (sum < 0 ? -1 : 1) / Math.sqrt(value);
    for (let row = 0; row < rows; row++) out[row * dim + d] = out[row * dim + d]! * scale;
  }
  return out;
}

function signs(n: number, random: Random): Float64Array {
  const out = new Float64Array(n);
  let bits = 0;
  for (let i = 0; i < n; i++) {
    if ((i & 31) === 0) bits = nextUint32(random);
    out[i] = (bits >>> (i & 31)) & 1 ? 1 : -1;
  }
  return out;
}

/** X·b, b row-major [width, l]. */
function times(x: Sparse, b: Float64Array, l: number): Float64Array {
  const out = new Float64Array(x.rows * l);
  for (let row = 0; row < x.rows; row++) {
    const to = row * l;
    for (let e = x.starts[row]!; e < x.starts[row + 1]!; e++) {
      const value = x.values[e]!;
      const from = x.columns[e]! * l;
      for (let j = 0; j < l; j++) out[to + j] = out[to + j]! + value * b[from + j]!;
    }
  }
  return out;
}

/** Xᵀ·a, a row-major [rows, l]. */
function transposedTimes(x: Sparse, a: Float64Array, l: number): Float64Array {
  const out = new Float64Array(x.width * l);
  for (let row = 0; row < x.rows; row++) {
    const from = row * l;
    for (let e = x.starts[row]!; e < x.starts[row + 1]!; e++) {
      const value = x.values[e]!;
      const to = x.columns[e]! * l;
      for (let j = 0; j < l; j++) out[to + j] = out[to + j]! + value * a[from + j]!;
    }
  }
  return out;
}

/** aᵀ·b, both row-major [rows, l]. */
function gram(a: Float64Array, b: Float64Array, rows: number, l: number): Float64Array {
  const out = new Float64Array(l * l);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < l; i++) {
      const value = a[row * l + i]!;
      for (let j = 0; j < l; j++) out[i * l + j] = out[i * l + j]! + value * b[row * l + j]!;
    }
  }
  return out;
}

/** Gram–Schmidt, each column twice (once loses orthogonality); a column within the others becomes zero. */
function orthonormal(y: Float64Array, rows: number, l: number): Float64Array {
  const columns = Array.from({ length: l }, (_, j) => Float64Array.from({ length: rows }, (_, i) => y[i * l + j]!));
  for (let j = 0; j < l; j++) {
    const column = columns[j]!;
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const other = columns[i]!;
        const share = dot(column, other);
        for (let t = 0; t < rows; t++) column[t] = column[t]! - share * other[t]!;
      }
    }
    const norm = Math.sqrt(dot(column, column));
    const scale = norm > before * 1e-10 ? 1 / norm : 0;
    for (let t = 0; t < rows; t++) column[t] = column[t]! * scale;
  }
  const out = new Float64Array(rows * l);
  for (let j = 0; j < l; j++) for (let i = 0; i < rows; i++) out[i * l + j] = columns[j]![i]!;
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Cyclic Jacobi; eigenvectors are the columns of `vectors`. */
function symmetricEigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i]!;
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    let all = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        all += a[i * n + j]! ** 2;
        if (i !== j) off += a[i * n + j]! ** 2;
      }
    if (off <= 1e-22 * all) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors: v };
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = a[k * n + p]!;
    const kq = a[k * n + q]!;
    a[k * n + p] = c * kp - s * kq;
    a[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = a[p * n + k]!;
    const qk = a[q * n + k]!;
    a[p * n + k] = c * pk - s * qk;
    a[q * n + k] = s * pk + c * qk;
  }
  for (let k = 0; k < n; k++) {
    const kp = v[k * n + p]!;
    const kq = v[k * n + q]!;
    v[k * n + p] = c * kp - s * kq;
    v[k * n + q] = s * kp + c * kq;
  }
}
