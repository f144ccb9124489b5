/**
 * How new a text is, is measured about the middle of the reference: what all texts share (a language, a register, an encoder
 * that puts everything into one cone) tells none from another. Measured on CLINC150 and Banking77, the growth of the best
 * bet at 10 % new texts is 1.0–1.2 times as large; where a common vector makes any two texts alike, it is what keeps the
 * detector working. Topics, and with them surges, keep the whole vectors: about the middle, clusters of near topics are told
 * apart less well (surges on Banking77 57 % against 73 %). Far texts have clusters of their own, about the middle: what is
 * new lies together there (one novel intent on CLINC150 98 % against 93 %).
 */

/** Nearer to the middle than this a direction is rounding. */
const LEAST = 0.01;

/** Mean of the first `rows` of row-major [n, dim]. */
export function middleOf(vectors: Float32Array, rows: number, dim: number): Float32Array {
  const sums = new Float64Array(dim);
  for (let i = 0; i < rows; i++) for (let d = 0; d < dim; d++) sums[d] = sums[d]! + vectors[i * dim + d]!;
  return Float32Array.from(sums, (sum) => sum / Math.max(1, rows));
}

/** Takes the middle off each of the first `rows` rows, in place; unit vectors again, zero where nothing is left. */
export function centre(vectors: Float32Array, rows: number, middle: Float32Array | null): void {
  if (middle === null) return;
  const dim = middle.length;
  for (let i = 0; i < rows; i++) {
    const at = i * dim;
    let square = 0;
    for (let d = 0; d < dim; d++) {
      const v = vectors[at + d]! - middle[d]!;
      vectors[at + d] = v;
      square += v * v;
    }
    const scale = square < LEAST * LEAST ? 0 : 1 / Math.sqrt(square);
    for (let d = 0; d < dim; d++) vectors[at + d] = vectors[at + d]! * scale;
  }
}
