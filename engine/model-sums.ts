import type { ModelSums } from "./model-bank.ts";

/**
 * The layout that one pass can update and factor: row i of the sums is S[i, i…features), then Q[i, 0…outputs), one row after
 * the other.
 */
export function sumsLength(features: number, outputs: number): number {
  return (features * (features + 1)) / 2 + features * outputs;
}

/** Rows → triangle and moments apart. */
export function splitSums(
  features: number,
  outputs: number,
  scale: number,
  sums: Float64Array | Float32Array,
): ModelSums {
  const gram = new Float64Array((features * (features + 1)) / 2);
  const moments = new Float64Array(features * outputs);
  for (let i = 0, from = 0, to = 0; i < features; i++) {
    const length = features - i;
    gram.set(sums.subarray(from, from + length), to);
    moments.set(sums.subarray(from + length, from + length + outputs), i * outputs);
    from += length + outputs;
    to += length;
  }
  return { outputs, scale, gram, moments };
}

/** The other way; `out` has the length for these outputs. */
export function joinSums(
  features: number,
  { outputs, gram, moments }: ModelSums,
  out: Float64Array | Float32Array,
): void {
  for (let i = 0, from = 0, to = 0; i < features; i++) {
    const length = features - i;
    out.set(gram.subarray(from, from + length), to);
    out.set(moments.subarray(i * outputs, (i + 1) * outputs), to + length);
    from += length;
    to += length + outputs;
  }
}

/** The same rows with more outputs, zero so far; `out` has the length for them. */
export function widenSums(
  features: number,
  had: number,
  outputs: number,
  sums: Float64Array | Float32Array,
  out: Float64Array | Float32Array,
): void {
  for (let i = 0, from = 0, to = 0; i < features; i++) {
    const width = features - i + had;
    out.set(sums.subarray(from, from + width), to);
    from += width;
    to += features - i + outputs;
  }
}
