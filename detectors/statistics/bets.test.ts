import { expect, test } from "vitest";
import { BETS, bet, DOWN, SHIFTS, SPREADS, UP, WEIGHTS, WIDER } from "./bets.ts";

const e = new Float64Array(BETS);

test("every bet is the likelihood ratio that its name says", () => {
  for (const z of [-6, -2.3, -0.4, 0, 0.1, 1, 3.7, 6]) {
    bet(z, e);
    SHIFTS.forEach((d, i) => {
      expect(e[UP + i]! / Math.exp(d * z - (d * d) / 2)).toBeCloseTo(1, 10);
      expect(e[DOWN + i]! / Math.exp(-d * z - (d * d) / 2)).toBeCloseTo(1, 10);
    });
    SPREADS.forEach((q, i) => {
      expect(e[WIDER + i]! / (Math.exp(((z * z) / 2) * (1 - 1 / (q * q))) / q)).toBeCloseTo(1, 10);
    });
  }
});

test("a tempered bet is the bet to the power 1/V, whatever V came before", () => {
  const plain = new Float64Array(BETS);
  for (const temper of [1.3, 100, 4, 1, 2.5]) {
    for (const z of [-5, -0.7, 0, 2, 6]) {
      bet(z, plain);
      bet(z, e, temper);
      for (let b = 0; b < BETS; b++) expect(e[b]! / plain[b]! ** (1 / temper)).toBeCloseTo(1, 10);
    }
  }
});

test("every bet has mean 1 on standard normal scores", () => {
  const mean = new Float64Array(BETS);
  const step = 0.001;
  for (let z = -12; z <= 12; z += step) {
    bet(z, e);
    const density = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * step;
    for (let b = 0; b < BETS; b++) mean[b] = mean[b]! + density * e[b]!;
  }
  // The bet on a threefold spread has weight beyond ±12 itself.
  for (let b = 0; b < BETS; b++) expect(mean[b]).toBeCloseTo(1, 3);
});

test("the weights sum to 1", () => {
  expect(WEIGHTS.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});
