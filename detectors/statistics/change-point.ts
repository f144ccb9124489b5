/**
 * Change-point model on the Mann–Whitney statistic (Hawkins & Deng 2010; Ross, Tasoulis & Adams 2011): sees any
 * lasting shift of the level of a series, whatever its distribution, and says where it began.
 *   U_k,t = Σ_{i≤k} Σ_{j>k} sgn(S_i − S_j),  Z_k,t = U_k,t / sqrt(k(t−k)(t+1)/3),  alarm when max_k Z_k,t > h_t,  k̂ = argmax
 * `sides` 1 sees falls only (Z), 2 both directions (|Z|). h_t: P(first alarm at t | none before) = 1/ARL0, simulated.
 * A new value costs O(t): c_k = Σ_{i≤k} sgn(S_i − S_t), U_k += c_k. Beyond `WINDOW` values the oldest leaves.
 * Limits: independent values; no test before START values nor for segments under SEGMENT.
 */
export interface ChangePointModel {
  readonly sides: 1 | 2;
  /** Values held, oldest first: the first `length` of `values`. */
  length: number;
  /** Older values have left. */
  slides: boolean;
  readonly values: Float64Array;
  /** U_k in `u[k − 1]`, k = 1..length − 1. */
  readonly u: Float64Array;
}

export const WINDOW = 250;
/** Values without which nothing is tested. */
export const START = 20;
/** Values on each side of a change at least. */
export const SEGMENT = 2;

export function createChangePointModel(sides: 1 | 2, values: ArrayLike<number> = []): ChangePointModel {
  const model: ChangePointModel = {
    sides,
    length: 0,
    slides: false,
    values: new Float64Array(WINDOW),
    u: new Float64Array(WINDOW),
  };
  for (let i = 0; i < values.length; i++) addValue(model, values[i]!);
  return model;
}

/** Takes in the next value of the series. */
export function addValue(model: ChangePointModel, value: number): void {
  if (model.length === WINDOW) dropOldest(model);
  const { values, u, length } = model;
  let c = 0;
  for (let i = 0; i < length; i++) {
    c += Math.sign(values[i]! - value);
    u[i] = u[i]! + c;
  }
  values[length] = value;
  u[length] = 0;
  model.length = length + 1;
}

/** Forgets the values after the first `length`. */
export function cutAfter(model: ChangePointModel, length: number): void {
  const kept = model.values.slice(0, Math.min(length, model.length));
  model.length = 0;
  model.slides = false;
  for (const value of kept) addValue(model, value);
}

export interface Split {
  /** Largest Z (or |Z|) over the places where a change may lie; 0 while nothing is tested. */
  readonly statistic: number;
  /** Values before the most likely change. */
  readonly before: number;
}

const NO_SPLIT: Split = { statistic: 0, before: 0 };

export function bestSplit({ u, length: t, sides }: ChangePointModel): Split {
  if (t < START) return NO_SPLIT;
  let statistic = Number.NEGATIVE_INFINITY;
  let before = SEGMENT;
  for (let k = SEGMENT; k <= t - SEGMENT; k++) {
    const z = u[k - 1]! / Math.sqrt((k * (t - k) * (t + 1)) / 3);
    const value = sides === 1 ? z : Math.abs(z);
    if (value > statistic) {
      statistic = value;
      before = k;
    }
  }
  return { statistic, before };
}

/**
 * Where the change lies, counted in values before it: 5, 50 and 95 % of the weights exp(Z_k²/2), which approximate the
 * profile likelihood of the change point.
 */
export function splitInterval(model: ChangePointModel): { low: number; middle: number; high: number } {
  const { u, length: t, sides } = model;
  const best = bestSplit(model);
  const weights = new Float64Array(t + 1);
  let total = 0;
  for (let k = SEGMENT; k <= t - SEGMENT; k++) {
    const z = u[k - 1]! / Math.sqrt((k * (t - k) * (t + 1)) / 3);
    if (sides === 1 && z <= 0) continue;
    weights[k] = Math.exp((z * z - best.statistic * best.statistic) / 2);
    total += weights[k]!;
  }
  const at = (share: number): number => {
    let sum = 0;
    for (let k = 0; k <= t; k++) {
      sum += weights[k]!;
      if (sum >= share * total && total > 0) return k;
    }
    return best.before;
  };
  return { low: Math.min(at(0.05), best.before), middle: best.before, high: Math.max(at(0.95), best.before) };
}

function dropOldest(model: ChangePointModel): void {
  const { values, u, length } = model;
  const oldest = values[0]!;
  let suffix = 0;
  // U'_{k−1} = U_k − Σ_{j>k} sgn(S_1 − S_j), from the end so that the suffix sums are at hand.
  let below = 0;
  for (let k = length; k >= 2; k--) {
    const now = u[k - 1]! - suffix;
    suffix += Math.sign(oldest - values[k - 1]!);
    u[k - 1] = below;
    below = now;
  }
  u[0] = below;
  values.copyWithin(0, 1, length);
  model.slides = true;
  model.length = length - 1;
}
