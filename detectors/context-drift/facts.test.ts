import { describe, expect, test } from "vitest";
import {
  equilibria,
  errorsOfPhi,
  jumps,
  meanOf,
  near,
  reminders,
  shiftsFound,
} from "../../test/support/conversation-facts.ts";

/** Facts of simulated fleets; every parameter is estimated by the detector itself. Seeds from 0 on. */
const seeds = (count: number): number[] => [...Array(count).keys()];

describe("φ", () => {
  test.each([0, 0.5, 0.8])(
    "= %d is estimated within .08 in 19 of 20 fleets of 200 conversations of 10 turns",
    async (phi) => {
      expect((await errorsOfPhi(phi, seeds(60)))[56]!).toBeLessThan(0.08);
    },
    300_000,
  );
});

describe("an equilibrium", () => {
  test("is called for φ = .5, and hardly ever for a random walk", async () => {
    const walks = (await equilibria(1, seeds(40))).filter((at) => at !== null);
    const pulled = (await equilibria(0.5, seeds(40))).filter((at) => at !== null);
    // A chance of 2.2 % in 40 runs.
    expect(walks.length).toBeLessThanOrEqual(4);
    expect(near(pulled, 10, 0.5)).toBeGreaterThanOrEqual(38);
  }, 300_000);
});

describe("a conversation", () => {
  test.each([
    [4, 0.3, 0.95],
    [4, 0.5, 0.95],
    [4, 0.8, 0.95],
    [3, 0.3, 0.75],
    [3, 0.5, 0.75],
    [3, 0.8, 0.75],
  ])(
    "that jumps by %d of its own standard deviations at φ = %d is flagged in time, few others are",
    async (size, phi, share) => {
      const { jumped, flagged, quiet, falsely, delay } = await jumps(size, phi, seeds(6));
      expect(flagged / jumped).toBeGreaterThanOrEqual(share);
      expect(falsely / quiet).toBeLessThanOrEqual(0.02);
      expect(delay).toBeLessThanOrEqual(2);
    },
    300_000,
  );
});

describe("a fleet", () => {
  test("that moves by half its spread is seen within 150 conversations in most runs", async () => {
    expect(await shiftsFound(0.5, seeds(20))).toBeGreaterThanOrEqual(16);
  }, 300_000);
});

describe("a reminder", () => {
  test.each([0, 1] as const)(
    "lowers by what it does, marked where it acts or before (%d)",
    async (marks) => {
      const { effects, contrasts, holdouts } = await reminders(marks, seeds(6));
      expect(near(effects, 1, 0.2)).toBeGreaterThanOrEqual(5);
      expect(near(contrasts, 1, 0.2)).toBeGreaterThanOrEqual(5);
      expect(Math.abs(meanOf(holdouts))).toBeLessThan(0.15);
    },
    300_000,
  );
});
