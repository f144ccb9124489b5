/** What the recurrence D_{t+1} = D_t + a + b·D_t + η says: D* = −a/b, contraction φ = 1 + b. */

/** Where the expected step is nothing; null unless there is a pull back (b < 0). */
export function equilibriumOf(a: number, b: number): number | null {
  return b < 0 ? -a / b : null;
}

/** Turns in which half of a deviation is gone: ln .5/ln φ; 0 where nothing lasts, null where nothing fades. */
export function halfLife(phi: number): number | null {
  if (phi <= 0) return 0;
  return phi < 1 ? Math.log(0.5) / Math.log(phi) : null;
}

/** Standard deviation of one conversation around its equilibrium: σ/√(1−φ²). */
export function stationarySd(phi: number, sigma: number): number {
  return sigma / Math.sqrt(Math.max(1e-3, 1 - phi * phi));
}

/** D* + φ^h·(D_t − D*) for h = 1..turns. */
export function forecast(now: number, equilibrium: number, phi: number, turns: number): number[] {
  return Array.from({ length: turns }, (_, i) => equilibrium + phi ** (i + 1) * (now - equilibrium));
}

/** Turns until the forecast first passes the limit; 0 when it has, null when it never does. */
export function turnsToLimit(now: number, equilibrium: number, phi: number, limit: number): number | null {
  if (now >= limit) return 0;
  if (equilibrium <= limit || phi >= 1) return null;
  if (phi <= 0) return 1;
  return Math.ceil(Math.log((limit - equilibrium) / (now - equilibrium)) / Math.log(phi));
}
