import { expect, test } from "vitest";
import { createRandom, uniform } from "../statistics/random.ts";
import { type Bet, createLayout, RANK_BETS, rankBets } from "./bets.ts";
import { advance, advanceTurn, closeSession, createEvidence, gatherTurn, statistic } from "./evidence.ts";
import { openSession } from "./sessions.ts";

const CLUSTERS = 6;

function betOf(p: number, cluster = 0, clusterShare = 1, cell = CLUSTERS, cellShare = 1): Bet {
  return { p, neutral: false, cluster, clusterShare, cell, cellShare, startRank: 1, startCluster: 1, startCell: 1 };
}

test("every bet on a rank is fair: its mean over uniform ranks is 1", () => {
  const sums = new Float64Array(RANK_BETS);
  const e = new Float64Array(RANK_BETS);
  // Substituting p = v⁸ makes the poles at 0 harmless to a midpoint rule.
  const steps = 20_000;
  for (let i = 0; i < steps; i++) {
    const v = (i + 0.5) / steps;
    rankBets(betOf(Math.max(1e-12, v ** 8)), e);
    for (let b = 0; b < RANK_BETS; b++) sums[b] = sums[b]! + (e[b]! * 8 * v ** 7) / steps;
  }
  // The smallest ranks are cut off: the steepest powers lose a little there, nothing gains.
  for (const mean of sums) {
    expect(mean).toBeLessThan(1.002);
    expect(mean).toBeGreaterThan(0.93);
  }
});

test("the weights of a kind add up to 1, with and without guarantee", () => {
  const total = (weights: Float64Array): number => weights.reduce((a, b) => a + b, 0);
  expect(total(createLayout(CLUSTERS, false).drift)).toBeCloseTo(1, 12);
  expect(total(createLayout(CLUSTERS, false).surge)).toBeCloseTo(1, 12);
  expect(total(createLayout(CLUSTERS, true).drift)).toBeCloseTo(1, 12);
  expect(createLayout(CLUSTERS, true).size).toBe(RANK_BETS);
});

test("a bin that holds all that was seen bets 1 on ranks and starts nothing", () => {
  const evidence = createEvidence(createLayout(CLUSTERS, false));
  const bet = { ...betOf(1e-6), neutral: true, startRank: 0, startCluster: 0, startCell: 0 };
  for (let i = 0; i < 100; i++) advance(evidence, bet);
  expect(evidence.sums.every((sum) => sum === 0)).toBe(true);
});

test("on texts that fit, the mean of a statistic grows by at most one a text", () => {
  // n texts after a start R = 0: E[R_n] = n for fair bets. Many short runs, so that the mean is near.
  const random = createRandom("fair");
  const layout = createLayout(CLUSTERS, false);
  let drift = 0;
  let surge = 0;
  const runs = 3000;
  for (let run = 0; run < runs; run++) {
    const evidence = createEvidence(layout);
    for (let i = 0; i < 5; i++) {
      const cluster = Math.floor(uniform(random) * CLUSTERS);
      const cell = uniform(random) < 0.2 ? Math.floor(uniform(random) * CLUSTERS) : CLUSTERS;
      const share = cell === CLUSTERS ? 0.8 : 0.2 / CLUSTERS;
      advance(evidence, betOf(Math.max(1e-6, uniform(random)), cluster, 1 / CLUSTERS, cell, share));
    }
    drift += statistic(evidence.sums, layout.drift) / runs;
    surge += statistic(evidence.sums, layout.surge) / runs;
  }
  expect(drift).toBeGreaterThan(4.5);
  expect(drift).toBeLessThan(5.5);
  expect(surge).toBeCloseTo(5, 1);
});

function randomBets(count: number): Bet[] {
  const random = createRandom("turns");
  return Array.from({ length: count }, () =>
    betOf(
      0.01 + 0.98 * uniform(random),
      Math.floor(uniform(random) * CLUSTERS),
      0.05 + 0.5 * uniform(random),
      Math.floor(uniform(random) * (CLUSTERS + 1)),
      0.05 + 0.5 * uniform(random),
    ),
  );
}

/** e-values of one bet for every place of the layout, by a plain text alone. */
function eValues(bet: Bet): Float64Array {
  const evidence = createEvidence(createLayout(CLUSTERS, false));
  advance(evidence, bet);
  return evidence.sums;
}

test("turns of interleaved sessions multiply in V(n)/V(n−1), V(n) = 1 + Σ(e−1)/max(n, M)", () => {
  const layout = createLayout(CLUSTERS, false);
  const evidence = createEvidence(layout);
  const turns = 3;
  const sessions = [openSession(0, 0, null), openSession(1, 0, null)];
  const sums = sessions.map(() => new Float64Array(layout.size));
  const counts = [0, 0];
  const expected = new Float64Array(layout.size);
  randomBets(14).forEach((bet, i) => {
    const s = i % 3 === 0 ? 0 : 1;
    advanceTurn(evidence, bet, sessions[s]!, turns);
    const e = eValues(bet);
    const n = counts[s]!;
    counts[s] = n + 1;
    for (let b = 0; b < layout.size; b++) {
      const before = 1 + sums[s]![b]! / Math.max(n, turns);
      sums[s]![b] = sums[s]![b]! + e[b]! - 1;
      const now = 1 + sums[s]![b]! / Math.max(n + 1, turns);
      expected[b] = n === 0 ? (expected[b]! + 1) * now : (expected[b]! * now) / before;
    }
  });
  for (let b = 0; b < layout.size; b++) expect(evidence.sums[b]! / expected[b]!).toBeCloseTo(1, 9);
});

test("sessions of one turn each are texts by themselves", () => {
  const alone = createEvidence(createLayout(CLUSTERS, false));
  const inSessions = createEvidence(createLayout(CLUSTERS, false));
  randomBets(20).forEach((bet, i) => {
    advance(alone, bet);
    advanceTurn(inSessions, bet, openSession(i, i, null), 1);
  });
  for (let b = 0; b < alone.sums.length; b++) expect(inSessions.sums[b]! / alone.sums[b]!).toBeCloseTo(1, 9);
});

test("under guarantee a closed session is one step (R + s)·V(final)", () => {
  const layout = createLayout(CLUSTERS, true);
  const evidence = createEvidence(layout);
  const session = openSession(0, 0, null);
  const bets = randomBets(4);
  for (const bet of bets) gatherTurn(bet, session);
  expect(evidence.sums.every((sum) => sum === 0)).toBe(true);
  closeSession(evidence, session, 6);
  for (let b = 0; b < layout.size; b++) {
    const mean = bets.reduce((sum, bet) => sum + eValues(bet)[b]! - 1, 0) / 6;
    expect(evidence.sums[b]).toBeCloseTo(1 + mean, 9);
  }
});
