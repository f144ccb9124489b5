import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equilibriumOf, forecast, halfLife, turnsToLimit } from "./equilibrium.ts";
import { solvePhi, withinLimit } from "./nickell.ts";
import { divergenceOfPositions, type Position, positionDivergence, type Scored } from "./positions.ts";
import { divergenceOfSampled } from "./sampled.ts";

describe("equilibrium", () => {
  test.each([
    [1.735, -0.957, 1.813],
    [0.742, -1.25, 0.594],
    [15.507, -1.049, 14.788],
    [15.818, -1.007, 15.713],
    [29.202, -1.432, 20.386],
    [42.927, -2.444, 17.568],
  ])("of ΔD = %d + %d·D is the paper's %d", (a, b, published) => {
    expect(Math.abs(equilibriumOf(a, b)! - published)).toBeLessThanOrEqual(0.01);
  });

  test("does not exist without a pull back", () => {
    expect(equilibriumOf(1, 0)).toBeNull();
    expect(equilibriumOf(1, 0.2)).toBeNull();
  });

  test("half-life, forecast and turns to a limit", () => {
    expect(halfLife(0.5)).toBeCloseTo(1, 12);
    expect(halfLife(-0.2)).toBe(0);
    expect(halfLife(1)).toBeNull();
    expect(forecast(6, 2, 0.5, 3)).toEqual([4, 3, 2.5]);
    expect(turnsToLimit(2, 10, 0.5, 9)).toBe(3);
    expect(turnsToLimit(2, 8, 0.5, 9)).toBeNull();
    expect(turnsToLimit(9, 8, 0.5, 9)).toBe(0);
  });
});

describe("Nickell's limit", () => {
  test("at φ = 1 is 1 − 3/(S+1), and continuous there", () => {
    for (const pairs of [2, 3, 9, 19, 63]) {
      expect(withinLimit(1, pairs)).toBeCloseTo(1 - 3 / (pairs + 1), 12);
      expect(withinLimit(1 - 1e-4, pairs)).toBeCloseTo(1 - 3 / (pairs + 1), 3);
    }
  });

  test("grows with φ, so that it can be inverted, and lies below it", () => {
    for (const pairs of [2, 5, 9, 40]) {
      let last = -2;
      for (let phi = -0.95; phi <= 0.999; phi += 0.01) {
        const limit = withinLimit(phi, pairs);
        expect(limit).toBeGreaterThan(last);
        expect(limit).toBeLessThan(phi);
        last = limit;
      }
    }
  });

  test("is inverted over mixed lengths", () => {
    for (const phi of [-0.3, 0, 0.5, 0.8, 0.95]) {
      const sums = [3, 3, 9, 9, 20].map((pairs, i) => ({ pairs, num: withinLimit(phi, pairs) * (5 + i), den: 5 + i }));
      expect(solvePhi(sums)!.phi).toBeCloseTo(phi, 6);
    }
  });
});

const NAMES = Array.from({ length: 40 }, (_, i) => `t${i}`);

/** A distribution over 40 tokens; some of them may be very unlikely. */
const distribution = fc
  .array(fc.double({ min: -25, max: 0, noNaN: true }), { minLength: 40, maxLength: 40 })
  .map((logs) => {
    const total = Math.log(logs.reduce((sum, l) => sum + Math.exp(l), 0));
    return logs.map((l) => l - total);
  });

function top(logs: readonly number[], k: number): Scored[] {
  return logs
    .map((l, i): Scored => [NAMES[i]!, l])
    .sort((a, b) => b[1] - a[1])
    .slice(0, k);
}

function fullDivergence(q: readonly number[], p: readonly number[]): number {
  return q.reduce((sum, l, i) => sum + Math.exp(l) * (l - p[i]!), 0);
}

describe("divergence of a position", () => {
  test("never exceeds that of the whole distributions, whatever the lists' lengths", () => {
    fc.assert(
      fc.property(
        distribution,
        distribution,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (q, p, k, l) => {
          const bound = positionDivergence({ test: top(q, k), reference: top(p, l) });
          expect(bound).toBeGreaterThanOrEqual(0);
          expect(bound).toBeLessThanOrEqual(fullDivergence(q, p) + 1e-6);
        },
      ),
      { numRuns: 2000, seed: 40 },
    );
  });

  test("is 0 for equal lists and does not depend on their order", () => {
    fc.assert(
      fc.property(distribution, distribution, fc.integer({ min: 2, max: 20 }), fc.integer(), (q, p, k, by) => {
        const [a, b] = [top(q, k), top(p, k)];
        expect(positionDivergence({ test: a, reference: a.map((t) => [...t] as Scored) })).toBeLessThan(1e-12);
        const turn = ((by % k) + k) % k;
        const rotated = [...b.slice(turn), ...b.slice(0, turn)];
        const whole = positionDivergence({ test: a, reference: b });
        expect(positionDivergence({ test: [...a].reverse(), reference: rotated })).toBeCloseTo(whole, 10);
      }),
      { numRuns: 500, seed: 41 },
    );
  });

  test("with whole lists is the whole divergence", () => {
    const q: Scored[] = [
      ["a", Math.log(0.5)],
      ["b", Math.log(0.5)],
    ];
    const p: Scored[] = [
      ["b", Math.log(0.25)],
      ["a", Math.log(0.75)],
    ];
    const whole = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
    expect(positionDivergence({ test: q, reference: p })).toBeCloseTo(whole, 12);
  });

  test("names the tokens that add most, and the coverage", () => {
    const position: Position = {
      test: [
        ["yes", Math.log(0.8)],
        ["no", Math.log(0.1)],
      ],
      reference: [
        ["no", Math.log(0.8)],
        ["yes", Math.log(0.1)],
      ],
    };
    const d = divergenceOfPositions([position, { test: position.test, reference: position.test }]);
    expect(d.tokens[0]!.token).toBe("yes");
    expect(d.tokens[0]!.nats).toBeCloseTo(0.8 * Math.log(8), 5);
    expect(d.coverage).toBeCloseTo(0.9, 12);
    expect(d.max).toBeCloseTo(2 * d.mean, 12);
    expect(d.js).toBeGreaterThan(0);
    expect(d.js).toBeLessThan(Math.LN2);
  });
});

test("sampled log-probabilities: the mean is unbiased, the plotted one never negative", () => {
  const d = divergenceOfSampled([
    [-1, -2],
    [-2, -1.5],
  ]);
  expect(d.mean).toBeCloseTo(0.25, 12);
  expect(d.plotted).toBeCloseTo((Math.exp(-1) + Math.exp(0.5) - 2 + 0.5) / 2, 12);
  expect(d.tokens).toBe(2);
});
