import { createRandom, uniform } from "../detectors/statistics/random.ts";
import { autoregressive, bits, type Draw, draws, garch, normal, rounded } from "./numeric-streams.ts";

/** A kind of stationary stream; one source per reference. Events come `stepMs` apart. */
export interface Kind {
  readonly name: string;
  readonly source: (seed: string) => Draw;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly stepMs?: number;
}

const HOUR_MS = 3_600_000;
const FIVE_MINUTES_MS = 300_000;
const DAY = { season: { period: "24h" } };
const WEEK = { season: [{ period: "24h" }, { period: "7d" }] };

const of = (name: string, make: (z: Draw, u: Draw) => Draw, more: Partial<Kind> = {}): Kind => ({
  name,
  source: (seed) => {
    const random = createRandom(name, seed);
    return make(normal(random), () => uniform(random));
  },
  ...more,
});

/** Those that the bar names. */
export const NAMED: readonly Kind[] = [
  { name: "normal", source: (seed) => draws("normal", seed) },
  { name: "lognormal", source: (seed) => draws("lognormal", seed) },
  { name: "t3", source: (seed) => draws("t3", seed) },
  of("AR .6", (z) => autoregressive(0.6, z)),
  of("AR .9", (z) => autoregressive(0.9, z)),
  of("season of 1/2 sd, declared", (z, u) => seasonal(z, u, [[288, Math.SQRT1_2]]), {
    options: DAY,
    stepMs: FIVE_MINUTES_MS,
  }),
  { name: "0/1, .2", source: (seed) => bits(0.2, 0, seed) },
  { name: "0/1, .02", source: (seed) => bits(0.02, 0, seed) },
  { name: "0/1 Markov .3", source: (seed) => bits(0.2, 0.3, seed) },
  { name: "0/1 Markov .6", source: (seed) => bits(0.2, 0.6, seed) },
  of("GARCH", (z) => garch(z)),
];

/** Others. */
export const OTHERS: readonly Kind[] = [
  of("uniform", (_, u) => u),
  of("exponential", (_, u) => () => -Math.log1p(-u())),
  of("Weibull .7", (_, u) => () => (-Math.log1p(-u())) ** (1 / 0.7)),
  of("Pareto 2.1", (_, u) => () => (1 - u()) ** (-1 / 2.1)),
  of("Cauchy", (_, u) => () => Math.tan(Math.PI * (u() - 0.5))),
  of("bimodal", (z, u) => () => z() + (u() < 0.3 ? 6 : 0)),
  of("Poisson 4", (_, u) => () => poisson(4, u)),
  of("Poisson 40", (z) => () => Math.max(0, Math.round(40 + Math.sqrt(40) * z()))),
  of("five grades", (z) => () => Math.max(1, Math.min(5, Math.round(3 + 1.2 * z())))),
  of("rounded to .5", (z) => () => Math.round(2 * z()) / 2),
  of("70 % zeros, else lognormal", (z, u) => () => (u() < 0.7 ? 0 : Math.exp(z()))),
  of("99 % zeros, else lognormal", (z, u) => () => (u() < 0.99 ? 0 : Math.exp(z()))),
  of("AR .3", (z) => autoregressive(0.3, z)),
  of("AR -.6", (z) => autoregressive(-0.6, z)),
  of("AR .6 rounded", (z) => rounded(autoregressive(0.6, z))),
  of("AR(2), swings of 7", (z) => linear(z, [1, -0.7], [])),
  of("AR(2), slow swings", (z) => linear(z, [1.8, -0.9], [])),
  of("MA .7", (z) => linear(z, [], [0.7])),
  of("MA -.7", (z) => linear(z, [], [-0.7])),
  of("ARMA .8, .4", (z) => linear(z, [0.8], [0.4])),
  of("ARMA .9, -.5", (z) => linear(z, [0.9], [-0.5])),
  of("exp of AR .7", (z) => exponential(autoregressive(0.7, z))),
  of("AR .6 of t3 noise", (z) => autoregressive(0.6, () => z() / Math.sqrt((z() ** 2 + z() ** 2 + z() ** 2) / 3))),
  of("Poisson of AR .8", (z, u) => {
    const level = autoregressive(0.8, z);
    return () => poisson(10 * Math.exp(0.2 * level()), u);
  }),
  of("slow waves of spread", (z) => {
    const level = autoregressive(0.99, () => 0.07 * z());
    return () => Math.exp(level()) * z();
  }),
  of("day of 2 sd, declared", (z, u) => seasonal(z, u, [[288, 2.83]]), { options: DAY, stepMs: FIVE_MINUTES_MS }),
  of("day and AR .6, declared", (z, u) => seasonal(autoregressive(0.6, z), u, [[288, 1]]), {
    options: DAY,
    stepMs: FIVE_MINUTES_MS,
  }),
  of(
    "day and week and AR .5, declared",
    (z, u) =>
      seasonal(autoregressive(0.5, z), u, [
        [24, 1],
        [168, 0.7],
      ]),
    {
      options: WEEK,
      stepMs: HOUR_MS,
    },
  ),
  of(
    "office hours, declared",
    (z, u) => {
      let t = Math.floor(288 * u());
      return () => z() + (t++ % 288 < 100 ? 2 : 0);
    },
    { options: DAY, stepMs: FIVE_MINUTES_MS },
  ),
  of(
    "counts with a day, declared",
    (_, u) => {
      let t = Math.floor(24 * u());
      return () => poisson(20 * Math.exp(0.7 * Math.sin((2 * Math.PI * t++) / 24)), u);
    },
    { options: DAY, stepMs: HOUR_MS },
  ),
  of(
    "lognormal times a day, declared",
    (z, u) => {
      let t = Math.floor(288 * u());
      return () => Math.exp(0.6 * z() + 0.8 * Math.sin((2 * Math.PI * t++) / 288));
    },
    { options: DAY, stepMs: FIVE_MINUTES_MS },
  ),
];

/** Where no promise is possible or the promise is less: what does it say? */
export const UNPROMISED: readonly Kind[] = [
  of("day, not declared", (z, u) => seasonal(z, u, [[288, Math.SQRT1_2]]), { stepMs: FIVE_MINUTES_MS }),
  of("day of 2 sd, not declared", (z, u) => seasonal(z, u, [[288, 2.83]]), { stepMs: FIVE_MINUTES_MS }),
  of("week longer than the reference", (z, u) => seasonal(z, u, [[2016, 1.4]]), {
    stepMs: FIVE_MINUTES_MS,
    options: { season: { period: "7d" } },
  }),
  of("AR .97", (z) => autoregressive(0.97, z)),
  of("AR .99", (z) => autoregressive(0.99, z)),
  of("random walk", (z) => {
    let y = 0;
    return () => (y += z());
  }),
  of("trend of 1 sd in 1,000", (z) => {
    let t = 0;
    return () => z() + t++ / 1000;
  }),
  of("regimes of 50", (z, u) => switching(z, u, 50)),
  of("regimes of 300", (z, u) => switching(z, u, 300)),
];

/** Seasons with random phase: [events of a period, amplitude]. */
export function seasonal(noise: Draw, u: Draw, waves: readonly (readonly [number, number])[]): Draw {
  const phases = waves.map(() => 2 * Math.PI * u());
  let t = 0;
  return () => {
    let x = noise();
    waves.forEach(([period, amplitude], i) => {
      x += amplitude * Math.sin((2 * Math.PI * t) / period + phases[i]!);
    });
    t++;
    return x;
  };
}

/** Two levels one sd apart, each kept for so many events on average. */
export function switching(z: Draw, u: Draw, dwell: number): Draw {
  let level = u() < 0.5 ? 0 : 1;
  return () => {
    if (u() < 1 / dwell) level = 1 - level;
    return level + z();
  };
}

function linear(z: Draw, ar: readonly number[], ma: readonly number[]): Draw {
  const ys = ar.map(() => 0);
  const es = ma.map(() => 0);
  const next = (): number => {
    const e = z();
    let y = e;
    for (const [i, a] of ar.entries()) y += a * ys[i]!;
    for (const [i, m] of ma.entries()) y += m * es[i]!;
    ys.unshift(y);
    ys.length = ar.length;
    es.unshift(e);
    es.length = ma.length;
    return y;
  };
  for (let i = 0; i < 500; i++) next();
  return next;
}

const exponential =
  (x: Draw): Draw =>
  () =>
    Math.exp(x());

function poisson(mean: number, u: Draw): number {
  let p = Math.exp(-mean);
  let below = p;
  let k = 0;
  const at = u();
  while (at > below && k < 1000) below += p *= mean / ++k;
  return k;
}
