/** At most `most` rows, evenly spread; all of them, not copied, where there are no more. */
export function sampleRows(
  vectors: Float32Array,
  rows: number,
  dim: number,
  most: number,
): { readonly vectors: Float32Array; readonly rows: number } {
  if (rows <= most) return { vectors: vectors.subarray(0, rows * dim), rows };
  const out = new Float32Array(most * dim);
  for (let i = 0; i < most; i++) {
    const row = Math.floor((i * rows) / most);
    out.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return { vectors: out, rows: most };
}
