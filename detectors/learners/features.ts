/**
 * Features of a random vector functional link: a = [z, h, 1], h_n = 1/(1 + exp(−(b_n + Σ_i z_i·w_in))). Weights and biases are
 * uniform in (−1, 1), one bias per node, and never change.
 */
export interface Features {
  readonly inputs: number;
  readonly nodes: number;
  /** D = inputs + nodes + 1. */
  readonly length: number;
  /** [inputs, nodes]. */
  readonly weights: Float64Array;
  /** [nodes]. */
  readonly biases: Float64Array;
}

/** `next`: uniform in [0, 1). Drawn group by group, [inputs, perGroup] each, then the biases. */
export function createFeatures(inputs: number, groups: number, perGroup: number, next: () => number): Features {
  const nodes = groups * perGroup;
  const weights = new Float64Array(inputs * nodes);
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inputs; i++) {
      for (let n = 0; n < perGroup; n++) weights[i * nodes + g * perGroup + n] = 2 * next() - 1;
    }
  }
  const biases = Float64Array.from({ length: nodes }, () => 2 * next() - 1);
  return { inputs, nodes, length: inputs + nodes + 1, weights, biases };
}

/** Writes a(z) to out[at … at + length). z: [inputs], already scaled. */
export function featuresOf(
  { inputs, nodes, weights, biases }: Features,
  z: Float64Array,
  out: Float64Array,
  at = 0,
): void {
  const first = at + inputs;
  for (let n = 0; n < nodes; n++) out[first + n] = biases[n]!;
  for (let i = 0; i < inputs; i++) {
    const x = z[i]!;
    out[at + i] = x;
    const from = i * nodes;
    for (let n = 0; n < nodes; n++) out[first + n] = out[first + n]! + x * weights[from + n]!;
  }
  for (let n = 0; n < nodes; n++) out[first + n] = 1 / (1 + Math.exp(-out[first + n]!));
  out[first + nodes] = 1;
}
