import { expect, test } from "vitest";
import { expBelow, logNear } from "./exp-log.ts";

test("exp and log by tables are Math's to the fourteenth digit", () => {
  let off = 0;
  for (let x = -36.999; x <= 0; x += 0.001) off = Math.max(off, Math.abs(expBelow(x) / Math.exp(x) - 1));
  expect(off).toBeLessThan(1e-14);
  off = 0;
  for (let x = 0.0001; x < 6; x += 0.0001) {
    off = Math.max(off, Math.abs(logNear(x) - Math.log(x)) / Math.max(1, Math.abs(Math.log(x))));
  }
  expect(off).toBeLessThan(1e-14);
});

test("what is less than a rounding beside 1 is 0, and what is no number stays none", () => {
  expect(expBelow(0)).toBe(1);
  expect(1 + expBelow(-37)).toBe(1);
  expect(expBelow(Number.NEGATIVE_INFINITY)).toBe(0);
  expect(logNear(1)).toBe(0);
  expect(logNear(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(logNear(Number.NaN)).toBeNaN();
});
