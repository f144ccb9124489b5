import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { BINS, count, countBelow, halveRanks, isSingle, RANKS_LENGTH, totalOf } from "./ranks.ts";

const bins = fc.array(fc.integer({ min: 0, max: BINS - 1 }), { minLength: 1, maxLength: 300 });

test("the count below a bin is the sum of the counts below it", () => {
  fc.assert(
    fc.property(bins, fc.integer({ min: 0, max: BINS - 1 }), (seen, bin) => {
      const ranks = new Uint16Array(RANKS_LENGTH);
      for (const b of seen) count(ranks, b);
      expect(countBelow(ranks, bin)).toBe(seen.filter((b) => b < bin).length);
      expect(totalOf(ranks)).toBe(seen.length);
      expect(isSingle(ranks)).toBe(new Set(seen).size === 1);
    }),
    { seed: 4 },
  );
});

test("halving keeps about half of every bin and its prefix sums", () => {
  const ranks = new Uint16Array(RANKS_LENGTH);
  for (let b = 0; b < BINS; b++) count(ranks, b, b % 7);
  const before = ranks.slice();
  const total = halveRanks(ranks, createRandom("halve"));
  for (let b = 0; b < BINS; b++) expect(Math.abs(ranks[b]! - before[b]! / 2)).toBeLessThanOrEqual(0.5);
  expect(totalOf(ranks)).toBe(total);
  expect(countBelow(ranks, 255) + ranks[255]!).toBe(total);
});
