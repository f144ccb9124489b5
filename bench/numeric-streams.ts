import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";

/** A source of independent numbers. */
export type Draw = () => number;

/** Standard normal, by Box and Muller's polar method. */
export function normal(random: Random): Draw {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const z = spare;
      spare = Number.NaN;
      return z;
    }
    for (;;) {
      const a = 2 * uniform(random) - 1;
      const b = 2 * uniform(random) - 1;
      const s = a * a + b * b;
      if (s >= 1 || s === 0) continue;
      const f = Math.sqrt((-2 * Math.log(s)) / s);
      spare = b * f;
      return a * f;
    }
  };
}

export type Distribution = "normal" | "lognormal" | "t3";

export function draws(distribution: Distribution, ...seed: readonly (string | number)[]): Draw {
  const z = normal(createRandom(distribution, ...seed));
  switch (distribution) {
    case "normal":
      return z;
    case "lognormal":
      return () => Math.exp(z());
    case "t3":
      return () => z() / Math.sqrt((z() ** 2 + z() ** 2 + z() ** 2) / 3);
  }
}

/** Zeros and ones at a rate, each depending on the one before with correlation rho. */
export function bits(rate: number, rho: number, ...seed: readonly (string | number)[]): (rate?: number) => number {
  const random = createRandom("bits", rate, rho, ...seed);
  let last = uniform(random) < rate ? 1 : 0;
  return (now = rate) => {
    last = uniform(random) < now + rho * (last - now) ? 1 : 0;
    return last;
  };
}

/** y = phi·y + z, from its stationary law. */
export function autoregressive(phi: number, z: Draw): Draw {
  let y = z() / Math.sqrt(1 - phi * phi);
  return () => {
    y = phi * y + z();
    return y;
  };
}

/** Spread in waves: GARCH(.1, .85) with variance 1, warmed up. */
export function garch(z: Draw): Draw {
  let variance = 1;
  let e = 0;
  const next = (): number => {
    variance = 0.05 + 0.1 * e * e + 0.85 * variance;
    e = Math.sqrt(variance) * z();
    return e;
  };
  for (let i = 0; i < 200; i++) next();
  return next;
}

export function rounded(x: Draw): Draw {
  return () => Math.round(x());
}
