/** How far a model has moved: mean over the last inputs of ‖a(W_now − W_then)‖², then = the newest copy old enough. */
export interface Path {
  /** Newest first. */
  copies: readonly Copy[];
}

export interface Copy {
  /** Learnt events. */
  readonly at: number;
  readonly weights: Float64Array;
}

/** Age of the weights that are compared with, and inputs that the mean is taken over (or a few more). */
export const WINDOW = 100;
const LAG = 50;
const COPIES = 3;
/** Predictions that move by less than this, squared, have not moved. */
export const LEAST = 1e-6;

export function createPath(): Path {
  return { copies: [] };
}

/** Remembers the weights solved after so many events. */
export function follow(path: Path, at: number, weights: Float64Array): void {
  const newest = path.copies[0];
  if (newest !== undefined && at - newest.at < LAG) return;
  path.copies = [{ at, weights: weights.slice() }, ...path.copies].slice(0, COPIES);
}

/** rows: the newest feature rows, in any order. Null: the past is too short. */
export function displacement(
  path: Path,
  at: number,
  weights: Float64Array,
  rows: Float64Array,
  features: number,
): number | null {
  const count = rows.length / features;
  const then = path.copies.find((copy) => at - copy.at >= WINDOW);
  if (then === undefined) return null;
  const moved = difference(weights, then.weights);
  let sum = 0;
  for (let c = 0; c < moved.length; c += features) {
    for (let r = 0; r < count; r++) {
      let f = 0;
      const row = r * features;
      for (let i = 0; i < features; i++) f += rows[row + i]! * moved[c + i]!;
      sum += f * f;
    }
  }
  return sum / count;
}

/** now − then; outputs that then did not have were zero. */
export function difference(now: Float64Array, then: Float64Array): Float64Array {
  return now.map((w, i) => w - (then[i] ?? 0));
}
