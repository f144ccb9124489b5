import type { Tensors } from "../../engine/tensors.ts";
import type { Learnt } from "./learning.ts";
import { openSearch } from "./search.ts";

export interface Neighbours {
  readonly k: number;
  /** [count, k], nearest first; only the first found[i] of a row count. */
  readonly indices: Uint32Array;
  readonly products: Float32Array;
  readonly found: Uint8Array;
}

/** Events this near in the stream may belong together where no session id says so. */
const ADJACENT = 10;

/** Which texts must not be neighbours: those of one conversation. */
export function exclusion(events: readonly Learnt[], ids: boolean): (i: number, j: number) => boolean {
  return (i, j) => {
    const a = events[i]!;
    const b = events[j]!;
    if (i === j) return true;
    if (ids && (a.session !== null || b.session !== null)) return a.session === b.session;
    return Math.abs(a.index - b.index) <= ADJACENT;
  };
}

export interface NeighbourQuery {
  /** The first `rows` vectors are searched, for the vectors from..to. */
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  readonly k: number;
  readonly excluded: (i: number, j: number) => boolean;
  readonly tensors: Tensors;
}

/** The k nearest allowed rows. Asks for more than k and looks wider for the few whose nearest were excluded. */
export function neighboursOf(vectors: Float32Array, dim: number, query: NeighbourQuery): Neighbours {
  const { rows, from, to, k } = query;
  const count = to - from;
  const out = {
    k,
    indices: new Uint32Array(count * k),
    products: new Float32Array(count * k),
    found: new Uint8Array(count),
  };
  const search = openSearch(vectors, rows, dim, query.tensors);
  let pending = Array.from({ length: count }, (_, i) => i);
  for (let wide = Math.min(rows, k + 2 * ADJACENT + 1); pending.length > 0; wide = Math.min(rows, wide * 8)) {
    const left: number[] = [];
    for (let start = 0; start < pending.length; start += 256) {
      const block = pending.slice(start, start + 256);
      const queries = new Float32Array(block.length * dim);
      block.forEach((i, q) => {
        queries.set(vectors.subarray((from + i) * dim, (from + i + 1) * dim), q * dim);
      });
      const { indices, products } = search.nearest(queries, block.length, wide);
      block.forEach((i, q) => {
        let n = 0;
        for (let a = q * wide; a < (q + 1) * wide && n < k; a++) {
          if (indices[a]! >= rows || query.excluded(from + i, indices[a]!)) continue;
          out.indices[i * k + n] = indices[a]!;
          out.products[i * k + n++] = products[a]!;
        }
        out.found[i] = n;
        if (n < k && wide < rows) left.push(i);
      });
    }
    pending = left;
  }
  search.dispose();
  return out;
}
