import { describe, expect, test } from "vitest";
import { BETS } from "./bets.ts";
import { betBit, bitsOf, codeOf, learnBit } from "./bits.ts";
import { learn, observe } from "./calibrated.ts";
import { createRandom, uniform } from "./random.ts";

/** Zeros and ones with a rate, each depending on the one before with correlation rho. */
function chain(rho: number, seed: number): (rate: number) => number {
  const random = createRandom("chain", rho, seed);
  let last = 0;
  return (rate) => {
    last = uniform(random) < rate + rho * (last - rate) ? 1 : 0;
    return last;
  };
}

test("only a sequence of zeros and ones, both, is watched as bits", () => {
  expect(bitsOf(Float64Array.of(0, 1, 1))).toMatchObject({ n0: 1, s0: 1, n1: 1, s1: 1, last: 1 });
  expect(bitsOf(Float64Array.of(0, 0, 0))).toBeNull();
  expect(bitsOf(Float64Array.of(0, 1, 2))).toBeNull();
});

test("every bet has mean 1 at the rate that is expected", () => {
  const bits = bitsOf(Float64Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? 1 : 0)))!;
  const zero = new Float64Array(BETS);
  const one = new Float64Array(BETS);
  betBit(bits, codeOf(bits, 0), zero);
  betBit(bits, codeOf(bits, 1), one);
  // o / (1 − π + oπ) and 1 / (1 − π + oπ): their ratio is o, and π·first + (1 − π)·second is 1.
  const rate = (1 / zero[0]! - 1) / 0.25;
  for (let b = 0; b < 10; b++) expect(rate * one[b]! + (1 - rate) * zero[b]!).toBeCloseTo(1, 12);
});

test("it learns whether the bit before matters", () => {
  const learnt = (rho: number): number => {
    const next = chain(rho, 1);
    const bits = bitsOf(Float64Array.from({ length: 300 }, () => next(0.2)))!;
    for (let i = 0; i < 1000; i++) {
      const code = codeOf(bits, next(0.2) as 0 | 1);
      learnBit(bits, code);
      bits.last = (code & 1) as 0 | 1;
    }
    return bits.lean;
  };
  expect(learnt(0)).toBeLessThan(0);
  expect(learnt(0.5)).toBeGreaterThan(10);
});

function run(rho: number, seed: number, a: number, rates: (i: number) => number, most: number): number {
  const next = chain(rho, seed);
  const draw = createRandom(seed);
  const core = learn(Float64Array.from({ length: 1500 }, () => next(0.2)));
  for (let i = 0; i < most; i++) if (observe(core, next(rates(i)), i, draw, false) >= a) return i;
  return most;
}

describe.each([0, 0.3, 0.6])("with correlation %d", (rho) => {
  test("the promise holds", () => {
    let events = 0;
    for (let seed = 0; seed < 100; seed++) events += run(rho, seed, 500, () => 0.2, 50_000);
    expect(events / 100).toBeGreaterThan(0.9 * 500);
  });

  test("a rate that rises is seen soon", () => {
    const delays: number[] = [];
    for (let seed = 0; seed < 15; seed++) {
      delays.push(run(rho, seed, 20_000, (i) => (i < 1000 ? 0.2 : 0.5), 5000) - 1000);
    }
    delays.sort((a, b) => a - b);
    expect(delays[7]).toBeGreaterThanOrEqual(0);
    expect(delays[7]).toBeLessThan(150);
  });
});
