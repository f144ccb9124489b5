import { describe, expect, test } from "vitest";
import { clearEvidence, learn, observe, onsetAt, settle, statisticNow, unsettle } from "./calibrated.ts";
import { createRandom, uniform } from "./random.ts";
import { totalOf } from "./ranks.ts";

/** Sum of 12 uniforms less 6: standard normal enough. */
function normals(...seed: readonly (string | number)[]): () => number {
  const random = createRandom(...seed);
  return () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += uniform(random);
    return sum - 6;
  };
}

/** Events until the statistic reaches A, at most `most`. */
function run(next: (i: number) => number, reference: number, a: number, most: number, seed: number): number {
  const draw = createRandom("draw", seed);
  const core = learn(Float64Array.from({ length: reference }, (_, i) => next(i - reference)));
  for (let i = 0; i < most; i++) if (observe(core, next(i), i, draw, false) >= a) return i;
  return most;
}

describe("the promise", () => {
  test.each([
    ["normal", (z: number) => z],
    ["skewed", (z: number) => Math.exp(z)],
    ["heavy-tailed", (z: number) => z ** 5],
    ["few-valued", (z: number) => Math.round(z)],
  ] as const)("holds on %s values", (_, shape) => {
    let events = 0;
    for (let seed = 0; seed < 60; seed++) {
      const z = normals("promise", seed);
      events += run(() => shape(z()), 300, 500, 50_000, seed);
    }
    expect(events / 60).toBeGreaterThan(0.9 * 500);
  });
});

test.each([
  ["higher", (z: number) => z + 1, 45],
  ["lower", (z: number) => z - 1, 45],
  ["wider", (z: number) => 3 * z, 25],
  ["narrower", (z: number) => z / 3, 45],
])("%s values are seen soon", (_, change, most) => {
  const delays: number[] = [];
  for (let seed = 0; seed < 15; seed++) {
    const z = normals("delay", seed);
    const at = run((i) => (i < 1000 ? z() : change(z())), 1000, 20_000, 4000, seed);
    delays.push(at - 1000);
  }
  delays.sort((a, b) => a - b);
  expect(delays[7]).toBeGreaterThanOrEqual(0);
  expect(delays[7]).toBeLessThan(most);
});

test("the onset lies near the change and its interval around it, however far back", () => {
  for (const [shift, near] of [
    [3, 2],
    [1, 9],
    [0.2, 150],
  ] as const) {
    let covered = 0;
    const errors: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const z = normals("onset", shift, seed);
      const draw = createRandom("draw", seed);
      const core = learn(Float64Array.from({ length: 1500 }, z));
      let i = 0;
      while (observe(core, z() + (i < 2000 ? 0 : shift), i, draw, false) < 1e5 || i < 2000) i++;
      const onset = onsetAt(core, i, 0);
      expect(onset.low).toBeLessThanOrEqual(onset.index);
      expect(onset.index).toBeLessThanOrEqual(onset.high);
      errors.push(Math.abs(onset.index - 2000));
      if (onset.low <= 2000 && 2000 <= onset.high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(14);
    expect(errors.sort((a, b) => a - b)[10]).toBeLessThanOrEqual(near);
  }
});

test("the onset's interval holds too where the change grows", () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const z = normals("growing", seed);
    const draw = createRandom("draw", seed);
    const core = learn(Float64Array.from({ length: 1500 }, z));
    let i = 0;
    while (observe(core, z() + Math.max(0, i - 2000) / 1000, i, draw, false) < 1e5 || i < 2000) i++;
    const { low, high } = onsetAt(core, i, 0);
    if (low <= 2000 && 2000 <= high) covered++;
  }
  expect(covered).toBeGreaterThanOrEqual(34);
});

test("a constant stream has no evidence, and another value than the constant becomes an alarm within a few events", () => {
  const core = learn(new Float64Array(1500).fill(5));
  const draw = createRandom("constant");
  let i = 0;
  let greatest = 0;
  for (; i < 50_000; i++) greatest = Math.max(greatest, observe(core, 5, i, draw, false));
  expect(greatest).toBe(0);
  const first = i;
  while (observe(core, 6, i, draw, false) < 10_000) i++;
  expect(i - first).toBeLessThanOrEqual(3);
});

test("single other values among constants are no alarm", () => {
  const core = learn(new Float64Array(1500).fill(5));
  const draw = createRandom("rare");
  let greatest = 0;
  for (let i = 0; i < 40_000; i++)
    greatest = Math.max(greatest, observe(core, i % 1000 === 999 ? 7 : 5, i, draw, false));
  expect(greatest).toBeLessThan(10_000);
});

test("extreme values leave every number finite", () => {
  const core = learn(Float64Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 1e100 : -1e100) * (i / 300)));
  const draw = createRandom("extreme");
  for (let i = 0; i < 500; i++) {
    const statistic = observe(core, i % 3 === 0 ? 1e100 : 1e-300, i, draw, true);
    expect(Number.isFinite(statistic)).toBe(true);
    expect(Number.isFinite(onsetAt(core, i, 0).low)).toBe(true);
    // As at an alarm.
    if (statistic >= 1e12) clearEvidence(core);
  }
  expect(Number.isFinite(statisticNow(core))).toBe(true);
});

test("what came since an onset leaves what is normal and comes back when the alarm was none", () => {
  const z = normals("settle");
  const draw = createRandom("settle");
  const core = learn(Float64Array.from({ length: 1500 }, z));
  for (let i = 0; i < 400; i++) observe(core, z(), i, draw, false);
  expect(core.total).toBe(1500 + 400 - 256);
  settle(core, 300, 399);
  expect(core.total).toBe(1500 + 300);
  expect(totalOf(core.counts)).toBe(core.total);
  unsettle(core, 300, 399);
  expect(core.total).toBe(1500 + 400);
  expect(totalOf(core.counts)).toBe(core.total);
});
