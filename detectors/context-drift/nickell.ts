/**
 * The autoregression of short series with levels of their own. Least squares after taking out each series' mean is biased
 * downwards (Nickell 1981): with S usable pairs its limit is known in closed form, and is inverted here.
 */

/** Sums of one conversation with S pairs: x = D_1..D_S less their mean, num = Σ x_t·D_{t+1}, den = Σ x_t². */
export interface WithinSums {
  readonly pairs: number;
  readonly num: number;
  readonly den: number;
}

/**
 * Limit of the within estimate for φ and S pairs, for series that start in their stationary law:
 * φ − (1+φ)/(S−1) · A/(1 − 2φA/((1−φ)(S−1))), A = 1 − (1−φ^S)/(S(1−φ)); at φ = 1 it is 1 − 3/(S+1).
 */
export function withinLimit(phi: number, pairs: number): number {
  if (phi > 1 - 1e-6) return 1 - 3 / (pairs + 1);
  const a = 1 - (1 - phi ** pairs) / (pairs * (1 - phi));
  return phi - (((1 + phi) / (pairs - 1)) * a) / (1 - (2 * phi * a) / ((1 - phi) * (pairs - 1)));
}

export const LOWEST = -0.95;
export const HIGHEST = 0.999;

/** φ with Σ (num_i − limit_{S_i}(φ)·den_i) = 0, bisected on [−.95, .999], and its 95 % interval from the spread of the terms. */
export function solvePhi(sums: readonly WithinSums[]): { phi: number; low: number; high: number } | null {
  const num = new Map<number, number>();
  const den = new Map<number, number>();
  for (const s of sums) {
    if (s.pairs < 2 || !(s.den > 0)) continue;
    num.set(s.pairs, (num.get(s.pairs) ?? 0) + s.num);
    den.set(s.pairs, (den.get(s.pairs) ?? 0) + s.den);
  }
  if (num.size === 0) return null;
  const excess = (phi: number): number => {
    let total = 0;
    for (const [pairs, n] of num) total += n - withinLimit(phi, pairs) * den.get(pairs)!;
    return total;
  };
  let low = LOWEST;
  let high = HIGHEST;
  if (excess(high) >= 0) low = high;
  else if (excess(low) <= 0) high = low;
  for (let i = 0; i < 40 && high - low > 1e-9; i++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  const phi = (low + high) / 2;
  const h = 1e-4;
  let slope = 0;
  for (const [pairs, d] of den) {
    const up = Math.min(phi + h, HIGHEST);
    const down = Math.max(phi - h, LOWEST);
    slope += ((withinLimit(up, pairs) - withinLimit(down, pairs)) / (up - down)) * d;
  }
  let squares = 0;
  for (const s of sums) if (s.pairs >= 2 && s.den > 0) squares += (s.num - withinLimit(phi, s.pairs) * s.den) ** 2;
  const half = slope > 0 ? (1.96 * Math.sqrt(squares)) / slope : 2;
  return { phi, low: Math.max(-1, phi - half), high: phi + half };
}

/**
 * Unit root (no equilibrium) against a pull back: u_i = Σ x_t·(D_{t+1} − D_t) + 3/(S+1)·Σ x_t², which has mean 0 for a random
 * walk whatever its variance; z = Σu / √Σu². An equilibrium makes z very negative.
 */
export function unitRootZ(sums: readonly WithinSums[]): number | null {
  let total = 0;
  let squares = 0;
  for (const { pairs, num, den } of sums) {
    if (pairs < 2 || !(den > 0)) continue;
    // Σ x_t·D_t = Σ x_t², the mean of x being 0.
    const u = num - den + (3 / (pairs + 1)) * den;
    total += u;
    squares += u * u;
  }
  return squares > 0 ? total / Math.sqrt(squares) : null;
}

/** −2.33 from 200 conversations on, −2.6 up to 100, between them in between. */
export function criticalZ(conversations: number): number {
  return -2.6 + 0.27 * Math.min(1, Math.max(0, (conversations - 100) / 100));
}
