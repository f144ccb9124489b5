import { expect, test } from "vitest";
import type { Neighbours } from "./neighbours.ts";
import { leaveOneOut, spreadAround } from "./spread.ts";

/** Three texts by their two nearest: 0 and 1 lie together, 2 apart from both. */
const near: Neighbours = {
  k: 2,
  indices: Uint32Array.of(1, 2, 0, 2, 1, 0),
  products: Float32Array.of(0.75, 0.25, 0.75, 0.5, 0.5, 0.25),
  found: Uint8Array.of(2, 2, 2),
};

test("the spread around a text is the mean distance of it and of its neighbours to their own nearest", () => {
  const spread = spreadAround(near, 1);
  expect([...spread.own]).toEqual([0.25, 0.25, 0.5]);
  expect(spread.around(0)).toBeCloseTo((0.25 + 0.25 + 0.5) / 3, 12);
  expect(spread.without(0, 2)).toBeCloseTo(0.25, 12);
  expect(spread.without(0, 9)).toBe(spread.around(0));
});

test("a text of the reference is scored without what it adds to the spread around its neighbours", () => {
  const options = { neighbours: 1, hubness: 0.5, bins: 64 };
  const score = leaveOneOut(near, spreadAround(near, 1), 2, options);
  // Its nearest is 1, around which 0 and 1 are left.
  expect(score).toBeCloseTo(1 - 0.5 - 0.5 * 0.25, 12);
  const far: Neighbours = { ...near, products: near.products.map((v, a) => (a >= 4 ? v - 0.25 : v)) };
  expect(leaveOneOut(far, spreadAround(far, 1), 2, options)).toBeCloseTo(score + 0.25, 6);
});

test("a text without neighbours is as new as can be", () => {
  const alone: Neighbours = { ...near, found: Uint8Array.of(0, 0, 0) };
  expect(leaveOneOut(alone, spreadAround(alone, 1), 0, { neighbours: 3, hubness: 0.5, bins: 64 })).toBe(1);
});
