/**
 * From this cosine on two vectors of one text are of the same weights. The same weights on other hardware or in other
 * batches of a server differ in the third digit; another model gives about 0, a further trained one .3 to .95.
 */
export const LEAST_LIKENESS = 0.98;

/** Cosine of two vectors; 0 where their lengths differ or one is zero. */
export function likeness(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
