import fc from "fast-check";
import { expect, test } from "vitest";
import { DRIFT } from "./classic.ts";
import { goldenStream } from "./golden-streams.ts";
import { criticalDistance, KSWIN, kswin, twoSampleP } from "./kswin.ts";

test("the exact p-values are scipy's", () => {
  expect(twoSampleP(70, 30, 930)).toBeCloseTo(0.0003219576943947479, 12);
  expect(twoSampleP(7, 5, 15)).toBeCloseTo(0.5454545454545454, 12);
});

// Found with scipy's ks_2samp(oldest 70, newest 30, method="exact") on the same values.
test.each([
  ["mean_shift", 42, [608, 846, 1038]],
  ["var_shift", 7, [334, 1056, 1931]],
  ["bern", 42, [1028]],
] as const)("on the middle of %s it alarms where the exact test says so (seed %i)", (stream, seed, indices) => {
  const detector = kswin(KSWIN);
  const state = detector.create();
  const at: number[] = [];
  goldenStream(stream, seed)
    .slice(4000, 6000)
    .forEach((x, i) => {
      if (detector.update(state, x) === DRIFT) at.push(i);
    });
  expect(at).toEqual(indices);
});

test("its distance is that of the two halves of the window, ties and all", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 40, maxLength: 120 }), (values) => {
      const detector = kswin({ alpha: 1e-12, windowSize: 20, statSize: 6 });
      const state = detector.create();
      values.forEach((x, i) => {
        if (detector.update(state, x) === DRIFT || i < 19) return;
        const window = values.slice(i - 19, i + 1);
        expect(detector.facts(state).distance).toBeCloseTo(distance(window.slice(0, 14), window.slice(14)), 12);
      });
    }),
    { numRuns: 50, seed: 3 },
  );
});

test("no distance of two tiny samples can be significant enough", () => {
  expect(criticalDistance(3, 3, 0.001)).toBe(Number.POSITIVE_INFINITY);
});

function distance(a: readonly number[], b: readonly number[]): number {
  const below = (values: readonly number[], x: number): number => values.filter((v) => v <= x).length / values.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(below(a, x) - below(b, x))));
}
