import fc from "fast-check";
import { expect, test } from "vitest";
import { quickExp, quickLog } from "./quick-logarithms.ts";

test("e^x is the runtime's within a few units of the last place", () => {
  let worst = 0;
  for (let i = 0; i <= 400_000; i++) {
    const x = -i / (i % 2 === 0 ? 571.4 : 40_000);
    worst = Math.max(worst, Math.abs(quickExp(x) / Math.exp(x) - 1));
  }
  expect(worst).toBeLessThan(1e-15);
  fc.assert(
    fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => Math.abs(quickExp(x) / Math.exp(x) - 1) < 1e-15),
  );
  expect([quickExp(0), quickExp(-0), quickExp(-1e6), quickExp(Number.NaN)]).toEqual([1, 1, 0, Number.NaN]);
});

test("ln x is the runtime's within 2e-15, relative where it is large", () => {
  let worst = 0;
  for (let i = 1; i <= 200_000; i++) {
    const x = i / 100_000;
    worst = Math.max(worst, Math.abs(quickLog(x) - Math.log(x)) / Math.max(1, Math.abs(Math.log(x))));
  }
  expect(worst).toBeLessThan(2e-15);
  const any = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
  fc.assert(fc.property(any, (x) => Math.abs(quickLog(x) - Math.log(x)) < 2e-15 * Math.max(1, Math.abs(Math.log(x)))));
  expect([quickLog(0), quickLog(1e-310), quickLog(-1)]).toEqual([
    Number.NEGATIVE_INFINITY,
    Math.log(1e-310),
    Number.NaN,
  ]);
});
