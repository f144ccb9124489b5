/** s = 1 − mean cosine to the k nearest − h · mean spread around these neighbours (`own`): how unlike the reference. */
export function scoreOf(
  indices: Uint32Array,
  products: Float32Array,
  at: number,
  k: number,
  own: Float64Array,
  hubness: number,
): number {
  if (k === 0) return 1;
  let product = 0;
  let distance = 0;
  for (let i = at; i < at + k; i++) {
    product += products[i]!;
    distance += own[indices[i]!]!;
  }
  return 1 - product / k - (hubness * distance) / k;
}

/** Fixed before the stream: scores lie in [−1, 2]. */
export function binOf(score: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(((score + 1) / 3) * bins)));
}
