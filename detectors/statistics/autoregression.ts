/** y_t = θ·[1, y_{t−1}, …, y_{t−p}] + e by least squares. */
export interface Autoregression {
  readonly order: number;
  readonly theta: Float64Array;
  /** (FᵀF)⁻¹, row-major. */
  readonly inverse: Float64Array;
  /** Rows of the fit. */
  readonly rows: number;
  /** Residual variance. */
  readonly variance: number;
}

const MOST = 5;

/** The order from 1 to 5 with the least BIC (never 0: dependence is to be expected). */
export function fitAutoregression(y: Float64Array): Autoregression {
  let best: Autoregression | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let order = 1; order <= MOST; order++) {
    const fit = leastSquares(y, order);
    if (fit === null) continue;
    const d = order + 1;
    const bic =
      fit.rows * Math.log(Math.max(1e-300, (fit.variance * (fit.rows - d)) / fit.rows)) + d * Math.log(fit.rows);
    if (bic < least) {
      least = bic;
      best = fit;
    }
  }
  return (
    best ?? { order: 1, theta: new Float64Array(2), inverse: new Float64Array(4), rows: y.length - MOST, variance: 1 }
  );
}

/** The sum of the lags' weights: 1 is a unit root. */
export function persistence({ theta }: Pick<Autoregression, "theta">): number {
  let sum = 0;
  for (let i = 1; i < theta.length; i++) sum += theta[i]!;
  return sum;
}

function leastSquares(y: Float64Array, order: number): Autoregression | null {
  const d = order + 1;
  const gram = new Float64Array(d * d);
  const right = new Float64Array(d);
  const f = new Float64Array(d);
  f[0] = 1;
  for (let t = MOST; t < y.length; t++) {
    for (let i = 1; i < d; i++) f[i] = y[t - i]!;
    for (let i = 0; i < d; i++) {
      right[i] = right[i]! + f[i]! * y[t]!;
      for (let j = 0; j < d; j++) gram[i * d + j] = gram[i * d + j]! + f[i]! * f[j]!;
    }
  }
  // A ridge too small to matter where the fit is sound.
  for (let i = 0; i < d; i++) gram[i * d + i] = gram[i * d + i]! * (1 + 1e-10) + 1e-12;
  const inverse = invert(gram, d);
  if (inverse === null) return null;
  const theta = new Float64Array(d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) theta[i] = theta[i]! + inverse[i * d + j]! * right[j]!;
  let squares = 0;
  for (let t = MOST; t < y.length; t++) squares += residual(theta, y, t) ** 2;
  const rows = y.length - MOST;
  return { order, theta, inverse, rows, variance: squares / (rows - d) };
}

export function residual(theta: Float64Array, y: Float64Array, t: number): number {
  let e = y[t]! - theta[0]!;
  for (let i = 1; i < theta.length; i++) e -= theta[i]! * y[t - i]!;
  return e;
}

/** Gauss–Jordan with pivots; null when singular. */
function invert(matrix: Float64Array, d: number): Float64Array | null {
  const a = matrix.slice();
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) out[i * d + i] = 1;
  for (let c = 0; c < d; c++) {
    let pivot = c;
    for (let r = c + 1; r < d; r++) if (Math.abs(a[r * d + c]!) > Math.abs(a[pivot * d + c]!)) pivot = r;
    if (!(Math.abs(a[pivot * d + c]!) > 1e-300)) return null;
    for (const m of [a, out]) {
      for (let j = 0; j < d && pivot !== c; j++) {
        const swap = m[c * d + j]!;
        m[c * d + j] = m[pivot * d + j]!;
        m[pivot * d + j] = swap;
      }
    }
    const scale = 1 / a[c * d + c]!;
    for (let j = 0; j < d; j++) {
      a[c * d + j] = a[c * d + j]! * scale;
      out[c * d + j] = out[c * d + j]! * scale;
    }
    for (let r = 0; r < d; r++) {
      const by = r === c ? 0 : a[r * d + c]!;
      if (by === 0) continue;
      for (let j = 0; j < d; j++) {
        a[r * d + j] = a[r * d + j]! - by * a[c * d + j]!;
        out[r * d + j] = out[r * d + j]! - by * out[c * d + j]!;
      }
    }
  }
  return out;
}
