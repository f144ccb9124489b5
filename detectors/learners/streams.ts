import { createFeatures, type Features } from "./features.ts";

/** mulberry32: uniform in [0, 1). What the test streams and fixed weights below are drawn from. */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Labelled {
  readonly x: readonly (readonly number[])[];
  /** Class numbers from 0. */
  readonly y: readonly number[];
}

const EVENTS = 10_000;
/** Three changes, at a quarter, a half and three quarters. */
const SEGMENT = 2500;

/** Streams with three changes, for tests and benchmarks; `changing: false` stays in the first segment. */
export const STREAMS = { sea, sine, hyper, gauss } as const;
export type StreamName = keyof typeof STREAMS;

/** Three inputs, of which two count; the threshold of their sum jumps; a tenth of the labels is wrong. */
function sea(seed: number, events = EVENTS, changing = true): Labelled {
  const u = mulberry32(seed);
  return build(events, (i) => {
    const x = [10 * u(), 10 * u(), 10 * u()];
    const flip = u() < 0.1;
    const y = x[0]! + x[1]! <= [8, 9, 7, 9.5][segment(i, changing)]!;
    return { x, y: Number(y !== flip) };
  });
}

/** Two inputs, above or below a sine curve; the classes swap. */
function sine(seed: number, events = EVENTS, changing = true): Labelled {
  const u = mulberry32(seed);
  return build(events, (i) => {
    const x = [u(), u()];
    const y = x[1]! <= Math.sin(x[0]!);
    return { x, y: Number(y !== (segment(i, changing) % 2 === 1)) };
  });
}

/** Ten inputs, the side of a plane; the plane turns by 90° over 500 events at each change; 5 % of the labels are wrong. */
function hyper(seed: number, events = EVENTS, changing = true): Labelled {
  const a = unit(symmetric(mulberry32(seed), 10));
  const other = symmetric(mulberry32(seed + 2), 10);
  const along = dot(a, other);
  const b = unit(other.map((v, j) => v - along * a[j]!));
  const u = mulberry32(seed + 1);
  return build(events, (i) => {
    const x = Array.from({ length: 10 }, u);
    const flip = u() < 0.05;
    let turns = 0;
    if (changing)
      for (let c = SEGMENT; c <= 3 * SEGMENT; c += SEGMENT) turns += Math.min(1, Math.max(0, (i - c) / 500));
    const angle = (turns * Math.PI) / 2;
    let side = 0;
    for (let j = 0; j < 10; j++) side += (x[j]! - 0.5) * (Math.cos(angle) * a[j]! + Math.sin(angle) * b[j]!);
    return { x, y: Number(side > 0 !== flip) };
  });
}

/** Three classes around means in five dimensions that jump. */
function gauss(seed: number, events = EVENTS, changing = true): Labelled {
  const m = mulberry32(seed + 1);
  const means = Array.from({ length: 60 }, () => 1.5 * (2 * m() - 1));
  const u = mulberry32(seed);
  return build(events, (i) => {
    const y = Math.floor(3 * u());
    const draws = Array.from({ length: 20 }, u);
    const x = Array.from({ length: 5 }, (_, j) => {
      const sum = draws[4 * j]! + draws[4 * j + 1]! + draws[4 * j + 2]! + draws[4 * j + 3]!;
      return (sum - 2) * Math.sqrt(3) + means[(segment(i, changing) * 3 + y) * 5 + j]!;
    });
    return { x, y };
  });
}

/** The weights that the measured accuracies belong to. */
export function fixedFeatures(inputs: number, seed = 7): Features {
  return createFeatures(inputs, 10, 10, mulberry32(seed));
}

function segment(i: number, changing: boolean): number {
  return changing ? Math.min(3, Math.floor(i / SEGMENT)) : 0;
}

function build(events: number, one: (i: number) => { x: number[]; y: number }): Labelled {
  const x: number[][] = [];
  const y: number[] = [];
  for (let i = 0; i < events; i++) {
    const made = one(i);
    x.push(made.x);
    y.push(made.y);
  }
  return { x, y };
}

function symmetric(u: () => number, length: number): number[] {
  return Array.from({ length }, () => 2 * u() - 1);
}

function unit(v: readonly number[]): number[] {
  const length = Math.sqrt(dot(v, v));
  return v.map((x) => x / length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}
