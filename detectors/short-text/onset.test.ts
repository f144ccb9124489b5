import { expect, test } from "vitest";
import { createRandom, uniform } from "../statistics/random.ts";
import { createLayout } from "./bets.ts";
import { append, createHistory, FLAG, type History, loadHistory, saveHistory } from "./history.ts";
import { estimateOnset } from "./onset.ts";

const CLUSTERS = 10;
const START = FLAG.startRank | FLAG.startCluster | FLAG.startCell;

/** Ranks and clusters as they come, from event `change` on small ranks and cluster 3 for a share of texts. */
function historyOf(from: number, to: number, change: number, share: number): History {
  const random = createRandom("onset", change);
  const history = createHistory(from, false);
  for (let i = from; i < to; i++) {
    const isNew = i >= change && uniform(random) < share;
    const cluster = isNew ? 3 : Math.floor(uniform(random) * CLUSTERS);
    const p = isNew ? 0.02 * uniform(random) + 1e-5 : uniform(random) + 1e-6;
    append(history, {
      bin: 1,
      cluster,
      region: cluster,
      flags: START,
      p,
      clusterShare: 0.15,
      cellShare: 1,
      session: 0,
    });
  }
  return history;
}

test("the onset's interval holds the change, for drift and for surge", () => {
  const layout = createLayout(CLUSTERS, false);
  for (const weights of [layout.drift, layout.surge]) {
    const onset = estimateOnset(historyOf(1500, 2560, 2500, 0.6), 1500, layout, weights, 1);
    expect(Math.abs(onset.index - 2500)).toBeLessThanOrEqual(25);
    expect(onset.low).toBeLessThanOrEqual(2500);
    expect(onset.high).toBeGreaterThanOrEqual(2500);
  }
});

test("nothing before the last reset is taken for the onset", () => {
  const layout = createLayout(CLUSTERS, false);
  const onset = estimateOnset(historyOf(0, 600, 300, 0.6), 400, layout, layout.drift, 1);
  expect(onset.low).toBeGreaterThanOrEqual(400);
});

test("the history keeps at least the last 4,096 events, bounded, and is the same after saving", () => {
  const history = historyOf(700, 12_000, 20_000, 0);
  expect(history.end).toBe(12_000);
  expect(history.end - history.first).toBeGreaterThanOrEqual(4096);
  expect(history.segments.length).toBeLessThanOrEqual(17);
  const saved = saveHistory(history);
  const again = loadHistory(saved.running, saved.parts);
  const layout = createLayout(CLUSTERS, false);
  expect(estimateOnset(again, 0, layout, layout.drift, 1)).toEqual(estimateOnset(history, 0, layout, layout.drift, 1));
  expect(saveHistory(again).running).toEqual(saved.running);
});
