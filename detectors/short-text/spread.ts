import type { Neighbours } from "./neighbours.ts";
import type { Scoring } from "./reference.ts";

/**
 * How thinly the reference is spread around one of its texts: the mean distance of the text and of its nearest eight to their
 * own neighbours; from the text's three distances alone it is a guess. Growth of the best bet, scores ranked among other known
 * texts, 10 and 20 % new, h = .7 beside the text alone with h = .5 (4–6 splits): CLINC150 1.05–1.08 and 1.04–1.06 times,
 * Banking77 1.04–1.07 and 1.03–1.04, HWU64 1.19–1.23 and 1.07–1.10; over 12 the same, over 20 and 40 less.
 */
export const SURROUNDINGS = 8;

export interface Spread {
  /** Distance of each text to its own nearest. */
  readonly own: Float64Array;
  around(i: number): number;
  /** The same as if text `left` were not there. */
  without(i: number, left: number): number;
}

/** `k`: the nearest that a text's own distance is measured to. */
export function spreadAround(near: Neighbours, k: number): Spread {
  const rows = near.found.length;
  const own = Float64Array.from({ length: rows }, (_, i) => 1 - meanProduct(near, i, k));
  const of = (i: number, left: number): number => {
    let sum = own[i]!;
    let count = 1;
    for (let a = i * near.k, end = a + Math.min(near.found[i]!, SURROUNDINGS); a < end; a++) {
      const j = near.indices[a]!;
      if (j === left) continue;
      sum += own[j]!;
      count += 1;
    }
    return sum / count;
  };
  return { own, around: (i) => of(i, -1), without: of };
}

/** Score of a text of the reference as a new text would get it: what it adds to the spread around its neighbours is left out. */
export function leaveOneOut(near: Neighbours, spread: Spread, i: number, scoring: Scoring): number {
  const n = Math.min(near.found[i]!, scoring.neighbours);
  if (n === 0) return 1;
  let around = 0;
  for (let a = i * near.k; a < i * near.k + n; a++) around += spread.without(near.indices[a]!, i);
  return 1 - meanProduct(near, i, n) - (scoring.hubness * around) / n;
}

function meanProduct({ products, found, k }: Neighbours, i: number, most: number): number {
  const n = Math.min(found[i]!, most);
  let sum = 0;
  for (let a = 0; a < n; a++) sum += products[i * k + a]!;
  return n === 0 ? 0 : sum / n;
}
