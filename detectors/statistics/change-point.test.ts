import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addValue,
  bestSplit,
  createChangePointModel,
  cutAfter,
  SEGMENT,
  START,
  splitInterval,
  WINDOW,
} from "./change-point.ts";
import { changePointThreshold } from "./change-point-thresholds.ts";
import { createRandom, uniform } from "./random.ts";

/** U_k by its definition. */
function sumsOf(values: readonly number[]): number[] {
  return values.slice(0, -1).map((_, i) => {
    let u = 0;
    for (const before of values.slice(0, i + 1))
      for (const after of values.slice(i + 1)) u += Math.sign(before - after);
    return u;
  });
}

test("the sums are those of the definition after any values, ties too, and after the oldest ones left", () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: -1, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 40 }), fc.integer({ min: 0, max: 30 }), (values, more) => {
      const series = [...Array.from({ length: WINDOW - 20 + more }, (_, i) => (i * 7919) % 31), ...values];
      const model = createChangePointModel(1, series);
      const kept = series.slice(-WINDOW);
      expect(model.length).toBe(kept.length);
      expect([...model.u.subarray(0, kept.length - 1)]).toEqual(sumsOf(kept));
    }),
    { numRuns: 10 },
  );
});

test("a fall is found where it is, a rise only when both directions are asked for", () => {
  const random = createRandom("change point", 1);
  const level = (i: number): number => uniform(random) - (i < 40 ? 0 : 0.6);
  const fall = Array.from({ length: 60 }, (_, i) => level(i));
  const one = createChangePointModel(1, fall);
  const split = bestSplit(one);
  expect(split.statistic).toBeGreaterThan(changePointThreshold(60, 400, 1));
  expect(Math.abs(split.before - 40)).toBeLessThanOrEqual(3);
  const { low, middle, high } = splitInterval(one);
  expect([low <= middle, middle <= high, low <= 40, high >= 40]).toEqual([true, true, true, true]);
  const rise = fall.map((v) => -v);
  expect(bestSplit(createChangePointModel(1, rise)).statistic).toBeLessThan(changePointThreshold(60, 100, 1));
  expect(bestSplit(createChangePointModel(2, rise)).statistic).toBeCloseTo(split.statistic, 12);
});

test("nothing is tested before the start, and cutting is as if the rest had never come", () => {
  const model = createChangePointModel(1);
  for (let i = 0; i < START - 1; i++) addValue(model, -i);
  expect(bestSplit(model).statistic).toBe(0);
  addValue(model, -START);
  expect(bestSplit(model).before).toBeGreaterThanOrEqual(SEGMENT);
  cutAfter(model, 12);
  expect(model.u.subarray(0, 12)).toEqual(
    createChangePointModel(
      1,
      Array.from({ length: 12 }, (_, i) => -i),
    ).u.subarray(0, 12),
  );
});

test("thresholds are those published, within .04", () => {
  const published = {
    1: {
      100: [2.804, 2.466, 2.437, 2.444, 2.437, 2.432],
      200: [2.948, 2.699, 2.68, 2.692, 2.643, 2.656],
      400: [3.077, 2.903, 2.896, 2.93, 2.903, 2.923],
    },
    2: { 200: [3.086, 2.928, 2.897, 2.939, 2.934, 2.923] },
  } as const;
  for (const [sides, rows] of Object.entries(published)) {
    for (const [arl0, row] of Object.entries(rows)) {
      [20, 30, 50, 100, 200, 250].forEach((t, i) => {
        const h = changePointThreshold(t, Number(arl0), Number(sides) as 1 | 2);
        expect(Math.abs(h - row[i]!), `sides ${sides}, ARL0 ${arl0}, t ${t}: ${h}`).toBeLessThanOrEqual(0.04);
      });
    }
  }
});

test("a promise between two known ones has a threshold between theirs; a shorter one keeps the shortest", () => {
  const at = (arl0: number): number => changePointThreshold(60, arl0, 1);
  expect(at(150)).toBeGreaterThan(at(100));
  expect(at(150)).toBeLessThan(at(200));
  expect(at(10)).toBe(at(100));
});

test("false alarms come as seldom as promised", () => {
  const random = createRandom("run length", 3);
  let values = 0;
  let alarms = 0;
  for (let run = 0; run < 150; run++) {
    const model = createChangePointModel(1);
    for (let t = 1; t <= 600; t++) {
      addValue(model, uniform(random));
      values += 1;
      if (bestSplit(model).statistic <= changePointThreshold(t, 100, 1, model.slides)) continue;
      alarms += 1;
      break;
    }
  }
  expect(values / alarms).toBeGreaterThan(85);
  expect(values / alarms).toBeLessThan(150);
});
