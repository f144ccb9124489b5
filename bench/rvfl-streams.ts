/** Labelled streams for the benchmarks of lite-rvfl: those of the measured table, and others as the field uses them. */
import { mulberry32, STREAMS } from "../detectors/learners/streams.ts";

export interface Sampled {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (string | number)[];
}

/** `changing: false` stays as it is in the first segment. */
export type Generator = (seed: number, events: number, changing: boolean) => Sampled;

export const CHANGES = [2500, 5000, 7500];

const named =
  (name: keyof typeof STREAMS): Generator =>
  (seed, events, changing) => {
    const { x, y } = STREAMS[name](seed, events, changing);
    return { x, y: y.map(String) };
  };

export const MEASURED = { sea: named("sea"), sine: named("sine"), hyper: named("hyper"), gauss: named("gauss") };

export const OTHERS: Record<string, Generator> = { agrawal, led, plane, rbf, friedman };

/** Nothing that x tells of y ever changes: x wanders, or neighbours are alike. */
export const STATIONARY: Record<string, Generator> = {
  moving,
  walk,
  sticky: sticky(0.9),
  stickier: sticky(0.97),
  runs,
  errors,
};

function build(events: number, one: (i: number) => [number[], string | number]): Sampled {
  const x: number[][] = [];
  const y: (string | number)[] = [];
  for (let i = 0; i < events; i++) {
    const [a, b] = one(i);
    x.push(a);
    y.push(b);
  }
  return { x, y };
}

function segment(i: number, changing: boolean): number {
  return changing ? Math.min(3, Math.floor(i / 2500)) : 0;
}

function normals(u: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());
}

/** Agrawal's loans (salary, commission, age, education, house value, years, loan), four of his functions in turn. */
function agrawal(seed: number, events: number, changing: boolean): Sampled {
  const u = mulberry32(seed);
  return build(events, (i) => {
    const salary = 20_000 + 130_000 * u();
    const commission = salary >= 75_000 ? 0 : 10_000 + 65_000 * u();
    const age = 20 + Math.floor(61 * u());
    const education = Math.floor(5 * u());
    const zip = 1 + Math.floor(9 * u());
    const house = (0.5 + u()) * 100_000 * zip;
    const years = 1 + Math.floor(30 * u());
    const loan = 500_000 * u();
    const within = (a: number, b: number, v: number) => v >= a && v <= b;
    const yes = [
      age < 40 || age >= 60,
      age < 40
        ? within(50_000, 100_000, salary)
        : age < 60
          ? within(75_000, 125_000, salary)
          : within(25_000, 75_000, salary),
      (2 * (salary + commission)) / 3 - loan / 5 - 20_000 > 0,
      age < 40 ? education <= 1 : age < 60 ? education >= 1 && education <= 3 : education >= 2,
    ][segment(i, changing)]!;
    return [[salary, commission, age, education, zip, house, years, loan], String(Number(yes !== u() < 0.05))];
  });
}

/** Seven segments of a display and ten that mean nothing; 10 % flipped; segments change places. */
function led(seed: number, events: number, changing: boolean): Sampled {
  const u = mulberry32(seed);
  const DIGITS = [
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
  ];
  return build(events, (i) => {
    const digit = Math.floor(10 * u());
    const bits = Array.from({ length: 17 }, (_, j) => {
      const bit = j < 7 ? Number(DIGITS[digit]![j]) : Math.round(u());
      return j < 7 && u() < 0.1 ? 1 - bit : bit;
    });
    const turns = 4 * segment(i, changing);
    return [bits.map((_, j) => bits[(j + turns) % 17]!), String(digit)];
  });
}

/** A plane in eight dimensions that takes another place at each change; 5 % flipped. */
function plane(seed: number, events: number, changing: boolean): Sampled {
  const m = mulberry32(seed + 1);
  const weights = Array.from({ length: 4 }, () => Array.from({ length: 8 }, () => 2 * m() - 1));
  const u = mulberry32(seed);
  return build(events, (i) => {
    const x = Array.from({ length: 8 }, u);
    const side = x.reduce((s, v, j) => s + (v - 0.5) * weights[segment(i, changing)]![j]!, 0);
    return [x, String(Number(side > 0 !== u() < 0.05))];
  });
}

/** Twelve clouds of four classes in six dimensions that jump. */
function rbf(seed: number, events: number, changing: boolean): Sampled {
  const m = mulberry32(seed + 1);
  const clouds = Array.from({ length: 4 }, () =>
    Array.from({ length: 12 }, (_, c) => ({
      centre: Array.from({ length: 6 }, m),
      sd: 0.05 + 0.1 * m(),
      class: c % 4,
    })),
  );
  const u = mulberry32(seed);
  const normal = normals(u);
  return build(events, (i) => {
    const cloud = clouds[segment(i, changing)]![Math.floor(12 * u())]!;
    return [cloud.centre.map((v) => v + cloud.sd * normal()), String(cloud.class)];
  });
}

/** Friedman's regression in ten inputs, whose places turn at each change. */
function friedman(seed: number, events: number, changing: boolean): Sampled {
  const u = mulberry32(seed);
  const normal = normals(u);
  return build(events, (i) => {
    const x = Array.from({ length: 10 }, u);
    const turn = 2 * segment(i, changing);
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((j) => x[(j + turn) % 10]!) as [number, number, number, number, number];
    return [x, 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + normal()];
  });
}

/** The inputs' mean jumps by two spreads; what they tell stays. */
function moving(seed: number, events: number): Sampled {
  const u = mulberry32(seed);
  const normal = normals(u);
  return build(events, (i) => {
    const shift = [0, 2, -1, 1][Math.min(3, Math.floor((4 * i) / events))]!;
    const x = [normal() + shift, normal(), normal() - shift / 2];
    return [x, String(Number(x[0]! - x[1]! + 0.3 * x[2]! + 0.5 * normal() > 0))];
  });
}

/** Inputs are autoregressive (.95). */
function walk(seed: number, events: number): Sampled {
  const u = mulberry32(seed);
  const normal = normals(u);
  const x = [0, 0, 0];
  return build(events, () => {
    for (let j = 0; j < 3; j++) x[j] = 0.95 * x[j]! + Math.sqrt(1 - 0.95 ** 2) * normal();
    return [[...x], String(Number(Math.sin(2 * x[0]!) + x[1]! + 0.5 * normal() > 0))];
  });
}

/** Labels are sticky beyond what the inputs tell: noise that is autoregressive. */
function sticky(along: number): Generator {
  return (seed, events) => {
    const u = mulberry32(seed);
    const normal = normals(u);
    let noise = 0;
    return build(events, () => {
      noise = along * noise + Math.sqrt(1 - along ** 2) * normal();
      const x = [normal(), normal()];
      return [x, String(Number(x[0]! + x[1]! + noise > 0))];
    });
  };
}

/** Events come in runs of 20 of one of four kinds. */
function runs(seed: number, events: number): Sampled {
  const u = mulberry32(seed);
  const normal = normals(u);
  let kind = 0;
  return build(events, (i) => {
    if (i % 20 === 0) kind = Math.floor(4 * u());
    const x = [kind % 2 === 0 ? 1 : -1, kind < 2 ? 1 : -1].map((v) => v + normal());
    return [x, String(Number(x[0]! * x[1]! + normal() > 0))];
  });
}

/** A quantity whose errors are autoregressive (.8). */
function errors(seed: number, events: number): Sampled {
  const u = mulberry32(seed);
  const normal = normals(u);
  let noise = 0;
  return build(events, () => {
    noise = 0.8 * noise + 0.6 * normal();
    const x = [normal(), normal(), normal()];
    return [x, 2 * x[0]! - x[1]! * x[2]! + noise];
  });
}
