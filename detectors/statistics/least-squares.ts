/** Normal equations over all columns that may be wanted: any choice of them is then solved without the data. */
export interface Gram {
  readonly columns: number;
  /** FᵀF, row-major. */
  readonly products: Float64Array;
  /** Fᵀy and yᵀy. */
  readonly right: Float64Array;
  readonly square: number;
  readonly rows: number;
}

export interface Fit {
  readonly theta: Float64Array;
  /** (FᵀF)⁻¹, row-major. */
  readonly inverse: Float64Array;
  /** Sum of squared residuals. */
  readonly squares: number;
}

/** `write(t, f)` writes the columns of row t in [from, to). */
export function gramOf(
  y: Float64Array,
  columns: number,
  from: number,
  write: (t: number, f: Float64Array) => void,
): Gram {
  const products = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  const f = new Float64Array(columns);
  let square = 0;
  for (let t = from; t < y.length; t++) {
    write(t, f);
    const target = y[t]!;
    square += target * target;
    for (let i = 0; i < columns; i++) {
      const by = f[i]!;
      right[i] = right[i]! + by * target;
      for (let j = 0; j <= i; j++) products[i * columns + j] = products[i * columns + j]! + by * f[j]!;
    }
  }
  return { columns, products, right, square, rows: y.length - from };
}

/** Least squares of the chosen columns; null where they cannot be told apart. */
export function solve({ columns, products, right, square }: Gram, chosen: readonly number[]): Fit | null {
  const d = chosen.length;
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const [a, b] = chosen[i]! > chosen[j]! ? [chosen[i]!, chosen[j]!] : [chosen[j]!, chosen[i]!];
      let sum = products[a * columns + b]!;
      // A ridge too small to matter where the fit is sound.
      if (i === j) sum = sum * (1 + 1e-10) + 1e-9;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      if (i !== j) l[i * d + j] = sum / l[j * d + j]!;
      else if (sum > 0) l[i * d + i] = Math.sqrt(sum);
      else return null;
    }
  }
  const inverse = new Float64Array(d * d);
  const column = new Float64Array(d);
  for (let c = 0; c < d; c++) {
    for (let i = 0; i < d; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= l[i * d + k]! * column[k]!;
      column[i] = sum / l[i * d + i]!;
    }
    for (let i = d - 1; i >= 0; i--) {
      let sum = column[i]!;
      for (let k = i + 1; k < d; k++) sum -= l[k * d + i]! * column[k]!;
      column[i] = sum / l[i * d + i]!;
    }
    for (let i = 0; i < d; i++) inverse[i * d + c] = column[i]!;
  }
  const theta = new Float64Array(d);
  let told = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) theta[i] = theta[i]! + inverse[i * d + j]! * right[chosen[j]!]!;
    told += theta[i]! * right[chosen[i]!]!;
  }
  return { theta, inverse, squares: Math.max(0, square - told) };
}

/** The lower triangle, row by row. */
export function pack(matrix: Float64Array, d: number): Float64Array {
  const packed = new Float64Array((d * (d + 1)) / 2);
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++) packed[at++] = matrix[i * d + j]!;
  return packed;
}

/** The sum of all entries in rows and columns [from, d) of a symmetric matrix that is given by its lower triangle. */
export function sumOfSquare(v: Float32Array | Float64Array, at: number, d: number, from: number): number {
  let sum = 0;
  for (let i = from; i < d; i++) {
    const row = at + (i * (i + 1)) / 2;
    for (let j = from; j < i; j++) sum += 2 * v[row + j]!;
    sum += v[row + i]!;
  }
  return sum;
}
