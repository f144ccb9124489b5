import { type Random, uniform } from "./random.ts";

/** Counts of bins with prefix sums in O(log bins). `tree` is 1-based; `counts` are the bins themselves. */
export interface Fenwick {
  readonly counts: Uint32Array;
  readonly tree: Uint32Array;
  total: number;
}

export function createFenwick(bins: number): Fenwick {
  return { counts: new Uint32Array(bins), tree: new Uint32Array(bins + 1), total: 0 };
}

/** From counts, in O(bins). */
export function fenwickOf(counts: ArrayLike<number>): Fenwick {
  const f = createFenwick(counts.length);
  for (let i = 0; i < counts.length; i++) {
    f.counts[i] = counts[i]!;
    f.total += counts[i]!;
  }
  rebuild(f);
  return f;
}

export function add(f: Fenwick, bin: number, by = 1): void {
  f.counts[bin] = f.counts[bin]! + by;
  f.total += by;
  for (let i = bin + 1; i < f.tree.length; i += i & -i) f.tree[i] = f.tree[i]! + by;
}

/** Number of counts in bins < bin. */
export function below(f: Fenwick, bin: number): number {
  let sum = 0;
  for (let i = bin; i > 0; i -= i & -i) sum += f.tree[i]!;
  return sum;
}

/** Halves every count, odd ones by coin. */
export function halve(f: Fenwick, random: Random): void {
  f.total = 0;
  for (let i = 0; i < f.counts.length; i++) {
    const c = f.counts[i]!;
    const h = c % 2 === 1 && uniform(random) < 0.5 ? (c + 1) >>> 1 : c >>> 1;
    f.counts[i] = h;
    f.total += h;
  }
  rebuild(f);
}

function rebuild(f: Fenwick): void {
  f.tree.fill(0);
  for (let i = 1; i < f.tree.length; i++) {
    f.tree[i] = f.tree[i]! + f.counts[i - 1]!;
    const parent = i + (i & -i);
    if (parent < f.tree.length) f.tree[parent] = f.tree[parent]! + f.tree[i]!;
  }
}
