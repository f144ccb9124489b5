/** The direction of a vector in float32; of nothing but zeros, zeros. */
export function unitVector(values: ArrayLike<number>): Float32Array {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! * values[i]!;
  const by = square > 0 ? 1 / Math.sqrt(square) : 0;
  return Float32Array.from(values, (v) => v * by);
}

/** Cosine of two unit vectors of one length. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
