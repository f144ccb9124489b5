import fc from "fast-check";
import { expect, test } from "vitest";
import { createCurve, extendCurve, pointsOf } from "./curve.ts";

test("a short curve is kept as it came", () => {
  const curve = createCurve();
  for (const [index, ratio] of [0, 0.5, 2, 0.1].entries()) extendCurve(curve, index, 1000 * index, ratio, 100);
  expect(pointsOf(curve, 100)).toEqual([
    { from: 0, to: 0, time: 0, ratio: 0 },
    { from: 1, to: 1, time: 1000, ratio: 0.5 },
    { from: 2, to: 2, time: 2000, ratio: 2 },
    { from: 3, to: 3, time: 3000, ratio: 0.1 },
  ]);
});

test("a long one stays bounded, without gaps, and loses neither its highest nor its lowest value nor where they were", () => {
  const ratios = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 2_000 });
  fc.assert(
    fc.property(ratios, fc.integer({ min: 2, max: 60 }), (values, most) => {
      const curve = createCurve();
      for (const [index, ratio] of values.entries()) extendCurve(curve, index, null, ratio, most);
      expect(curve.stretches.length).toBeLessThanOrEqual(most);
      const points = pointsOf(curve, most);
      expect(points.length).toBeLessThanOrEqual(Math.max(4, most));
      points.forEach((point, i) => {
        expect(point.from).toBe(i === 0 ? 0 : points[i - 1]!.to + 1);
        expect(point.to).toBeGreaterThanOrEqual(point.from);
      });
      expect(points.at(-1)!.to).toBe(values.length - 1);
      const drawn = points.map((point) => point.ratio);
      expect(Math.max(...drawn)).toBe(Math.max(...values));
      expect(Math.min(...drawn)).toBe(Math.min(...values));
      const highest = points.find((point) => point.ratio === Math.max(...values))!;
      const around = values.slice(Math.max(0, highest.from - 2 * curve.width), highest.to + 1);
      expect(around).toContain(highest.ratio);
    }),
    { numRuns: 200 },
  );
});
