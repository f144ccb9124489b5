import { bitsOf } from "./bits.ts";
import { type Hidden, hiddenIn } from "./hidden.ts";
import { normalQuantile } from "./normal.ts";

/** Values depend on those just before. */
export const DEPENDS = 16;

/** What speaks against taking the values of a reference as if they could come in any order. */
export function orderIn(reference: Float64Array): Hidden {
  const n = reference.length;
  if (reference.every((x) => x === reference[0])) return { hints: 0, period: 0 };
  const bits = bitsOf(reference);
  if (bits) {
    // A bit may hang on the one before: what that tells is taken off first.
    const rate = (bits.s0 + bits.s1) / (bits.n0 + bits.n1);
    const left = Float64Array.from({ length: n - 1 }, (_, i) => {
      const after = reference[i] === 1 ? bits.s1 / Math.max(1, bits.n1) : bits.s0 / Math.max(1, bits.n0);
      return reference[i + 1]! - after;
    });
    return hiddenIn(
      reference.map((x) => x - rate),
      left,
    );
  }
  const y = normalScores(reference);
  const hidden = hiddenIn(y, y);
  let cross = 0;
  let squares = 0;
  for (let t = 0; t < n; t++) {
    squares += y[t]! ** 2;
    if (t > 0) cross += y[t]! * y[t - 1]!;
  }
  return Math.abs(cross / squares) * Math.sqrt(n) > 4 ? { ...hidden, hints: hidden.hints | DEPENDS } : hidden;
}

/** Φ⁻¹ of ranks, equal values alike. */
function normalScores(values: Float64Array): Float64Array {
  const n = values.length;
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const y = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to < n && values[order[to]!] === values[order[from]!]) to++;
    const z = normalQuantile((from + to) / (2 * n));
    for (; from < to; from++) y[order[from]!] = z;
  }
  return y;
}
