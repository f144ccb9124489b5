import { type Classic, type ClassicState, DRIFT, QUIET, type Verdict } from "./classic.ts";

/**
 * ADWIN (Bifet & Gavaldà 2007), equal to river 0.26.1. A window in buckets of 2^row values; when the means of its older and
 * newer part differ by more than ε the oldest bucket leaves.
 *   ε = sqrt(2·m·v·δ') + ⅔·δ'·m,  δ' = ln(2·ln(width)/δ),  m = 1/(n0 − min + 1) + 1/(n1 − min + 1),  v = variance of the window
 * Higher δ or a smaller clock: earlier and more false alarms. O(1) per event, O(log width) every `clock` events.
 */
export interface AdwinParameters {
  readonly delta: number;
  readonly clock: number;
  readonly maxBuckets: number;
  readonly minWindowLength: number;
  readonly gracePeriod: number;
}

export const ADWIN: AdwinParameters = { delta: 0.002, clock: 32, maxBuckets: 5, minWindowLength: 5, gracePeriod: 10 };

const TOTAL = 0;
const SQUARES = 1;
const WIDTH = 2;
const TICK = 3;
const ROWS = 4;
const DRIFTED = 5;
const DROPPED_TOTAL = 6;
const DROPPED_WIDTH = 7;
const HEAD = 8;

export function adwin(p: AdwinParameters): Classic {
  const { delta, clock, gracePeriod, minWindowLength: least } = p;
  // A row: count, totals, sums of squared deviations; one slot more than it keeps, so that it overflows before it merges.
  const slots = p.maxBuckets + 1;
  const stride = 1 + 2 * slots;

  const create = (): ClassicState => {
    const cells = new Float64Array(HEAD + 4 * stride);
    cells[ROWS] = 1;
    return { cells };
  };

  const compress = (state: ClassicState): void => {
    let c = state.cells;
    for (let row = 0; ; row++) {
      const at = HEAD + row * stride;
      if (c[at] !== slots) return;
      if (row + 1 === c[ROWS]) {
        c[ROWS] = row + 2;
        if (HEAD + (row + 2) * stride > c.length) {
          const grown = new Float64Array(c.length + 4 * stride);
          grown.set(c);
          state.cells = c = grown;
        }
      }
      const n = 2 ** row;
      const t0 = c[at + 1]!;
      const t1 = c[at + 2]!;
      const apart = t0 / n - t1 / n;
      const up = at + stride;
      const to = c[up]!;
      c[up + 1 + to] = t0 + t1;
      c[up + 1 + slots + to] = c[at + 1 + slots]! + c[at + 2 + slots]! + n * 0.5 * apart * apart;
      c[up] = to + 1;
      shift(c, at, slots, 2);
    }
  };

  const dropOldest = (c: Float64Array): void => {
    const row = c[ROWS]! - 1;
    const at = HEAD + row * stride;
    const n = 2 ** row;
    const u = c[at + 1]!;
    c[WIDTH] = c[WIDTH]! - n;
    c[TOTAL] = c[TOTAL]! - u;
    const width = c[WIDTH]!;
    const apart = u / n - c[TOTAL]! / width;
    c[SQUARES] = c[SQUARES]! - (c[at + 1 + slots]! + (n * width * apart * apart) / (n + width));
    c[DROPPED_TOTAL] = c[DROPPED_TOTAL]! + u;
    c[DROPPED_WIDTH] = c[DROPPED_WIDTH]! + n;
    shift(c, at, slots, 1);
    if (c[at] === 0) c[ROWS] = row;
  };

  /** True when some cut's means differ too much. */
  const cuts = (c: Float64Array): boolean => {
    const width = c[WIDTH]!;
    const certainty = Math.log((2 * Math.log(width)) / delta);
    const variance = c[SQUARES]! / width;
    const linear = (2 / 3) * certainty;
    let n0 = 0;
    let n1 = width;
    let u0 = 0;
    let u1 = c[TOTAL]!;
    for (let row = c[ROWS]! - 1; row >= 0; row--) {
      const at = HEAD + row * stride;
      const n = 2 ** row;
      const last = at + c[at]!;
      for (let i = at + 1; i <= last; i++) {
        n0 += n;
        n1 -= n;
        u0 += c[i]!;
        u1 -= c[i]!;
        if (n1 < least) return false;
        if (n0 < least || n1 === 0) continue;
        const m = 1 / (n0 - least + 1) + 1 / (n1 - least + 1);
        const epsilon = Math.sqrt(2 * m * variance * certainty) + linear * m;
        if (Math.abs(u0 / n0 - u1 / n1) > epsilon) return true;
      }
    }
    return false;
  };

  const update = (state: ClassicState, x: number): Verdict => {
    let c = state.cells;
    if (c[DRIFTED] === 1) {
      c.fill(0);
      c[ROWS] = 1;
    }
    const count = c[HEAD]!;
    c[HEAD + 1 + count] = x;
    c[HEAD + 1 + slots + count] = 0;
    c[HEAD] = count + 1;
    const width = c[WIDTH]! + 1;
    c[WIDTH] = width;
    if (width > 1) {
      const d = x - c[TOTAL]! / (width - 1);
      c[SQUARES] = c[SQUARES]! + ((width - 1) * d * d) / width;
    }
    c[TOTAL] = c[TOTAL]! + x;
    if (count + 1 === slots) {
      compress(state);
      c = state.cells;
    }
    const tick = c[TICK]! + 1;
    c[TICK] = tick;
    if (tick % clock !== 0 || !(width > gracePeriod)) return QUIET;
    let drifted = false;
    while (cuts(c)) {
      drifted = true;
      dropOldest(c);
    }
    if (!drifted) return QUIET;
    c[DRIFTED] = 1;
    return DRIFT;
  };

  return {
    binary: false,
    create,
    update,
    ratio: (s) => (s.cells[DRIFTED] === 1 ? 1 : 0),
    facts({ cells: c }) {
      const width = c[WIDTH]!;
      const known = { width, mean: width > 0 ? c[TOTAL]! / width : 0, sumOfSquares: c[SQUARES]!, total: c[TOTAL]! };
      return c[DRIFTED] === 1
        ? { ...known, dropped: c[DROPPED_WIDTH]!, meanBefore: c[DROPPED_TOTAL]! / c[DROPPED_WIDTH]! }
        : known;
    },
  };
}

/** Takes the `by` oldest buckets out of the row at `at`. */
function shift(c: Float64Array, at: number, slots: number, by: number): void {
  const count = c[at]!;
  const left = count - by;
  for (let i = at + 1; i <= at + left; i++) {
    c[i] = c[i + by]!;
    c[i + slots] = c[i + slots + by]!;
  }
  // Zeros pack to nothing in a snapshot.
  for (let i = at + left + 1; i <= at + count; i++) c[i] = c[i + slots] = 0;
  c[at] = left;
}
