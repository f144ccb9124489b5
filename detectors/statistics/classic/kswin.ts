import { type Classic, DRIFT, QUIET } from "./classic.ts";

/**
 * KSWIN (Raab et al. 2020) without its random draw: the oldest windowSize − statSize values against the newest statSize by
 * Kolmogorov and Smirnov's two-sample test with the exact p-value. Drift when p ≤ alpha and the distance is above 0.1.
 * The window is kept sorted with each value's side, so an event costs one pass over it.
 */
export interface KswinParameters {
  readonly alpha: number;
  readonly windowSize: number;
  readonly statSize: number;
}

export const KSWIN: KswinParameters = { alpha: 0.005, windowSize: 100, statSize: 30 };

const COUNT = 0;
const NEXT = 1;
const DISTANCE = 2;
const DRIFTED = 3;
const RING = 4;

export function kswin({ alpha, windowSize: size, statSize: newer }: KswinParameters): Classic {
  const older = size - newer;
  const critical = criticalDistance(older, newer, alpha);
  const sortedAt = RING + size;
  const sideAt = sortedAt + size;

  const insert = (c: Float64Array, n: number, x: number): void => {
    const at = sortedAt + rankOf(c, sortedAt, n, x);
    c.copyWithin(at + 1, at, sortedAt + n);
    c.copyWithin(at + 1 + size, at + size, sideAt + n);
    c[at] = x;
    c[at + size] = 1;
  };
  /** First place among equals that stands on `side`. */
  const find = (c: Float64Array, n: number, x: number, side: number): number => {
    let at = sortedAt + rankOf(c, sortedAt, n, x);
    while (c[at + size] !== side) at++;
    return at;
  };
  const distance = (c: Float64Array): number => {
    let walk = 0;
    let far = 0;
    for (let i = sortedAt; i < sideAt; i++) {
      walk += c[i + size] === 1 ? older : -newer;
      if (i + 1 < sideAt && c[i + 1] === c[i]) continue;
      far = Math.max(far, Math.abs(walk));
    }
    return far;
  };

  return {
    binary: false,
    create: () => ({ cells: new Float64Array(RING + 3 * size) }),
    update({ cells: c }, x) {
      if (c[DRIFTED] === 1) c.fill(0);
      let n = c[COUNT]!;
      const next = c[NEXT]!;
      if (n === size) {
        const gone = find(c, n, c[RING + next]!, 0);
        c.copyWithin(gone, gone + 1, sortedAt + n);
        c.copyWithin(gone + size, gone + 1 + size, sideAt + n);
        n--;
      }
      if (n >= newer) {
        const aged = c[RING + ((next - newer + size) % size)]!;
        c[find(c, n, aged, 1) + size] = 0;
      }
      insert(c, n, x);
      c[RING + next] = x;
      c[NEXT] = (next + 1) % size;
      c[COUNT] = n + 1;
      if (n + 1 < size) return QUIET;
      c[DISTANCE] = distance(c);
      if (c[DISTANCE]! < critical) return QUIET;
      c[DRIFTED] = 1;
      return DRIFT;
    },
    ratio: ({ cells: c }) => (Number.isFinite(critical) ? c[DISTANCE]! / critical : 0),
    facts: ({ cells: c }) => ({ distance: c[DISTANCE]! / (older * newer), window: c[COUNT]! }),
  };
}

/** Number of the n sorted values at `from` that are below x. */
function rankOf(c: Float64Array, from: number, n: number, x: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (c[from + mid]! < x) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Least distance × m × n whose exact p-value is ≤ alpha and that is above 0.1; infinite when there is none. */
export function criticalDistance(m: number, n: number, alpha: number): number {
  let low = Math.floor(0.1 * m * n) + 1;
  let high = m * n + 1;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (twoSampleP(m, n, mid) <= alpha) high = mid;
    else low = mid + 1;
  }
  return low <= m * n ? low : Number.POSITIVE_INFINITY;
}

/** P(max |i·n − j·m| ≥ far) over random orders of m and n values: the exact two-sample p-value of the distance far/(m·n). */
export function twoSampleP(m: number, n: number, far: number): number {
  // P(the walk stays inside), from the end back to the start: each cell mixes its two ways on by how many of each are left.
  let next = new Float64Array(n + 1);
  for (let i = m; i >= 0; i--) {
    const row = new Float64Array(n + 1);
    for (let j = n; j >= 0; j--) {
      if (Math.abs(i * n - j * m) >= far) continue;
      const left = m - i + (n - j);
      row[j] = left === 0 ? 1 : ((m - i) * next[j]! + (n - j) * (row[j + 1] ?? 0)) / left;
    }
    next = row;
  }
  return 1 - next[0]!;
}
