import { expect, test } from "vitest";
import { createRandom, uniform } from "../statistics/random.ts";
import { createMarginals, discoveries, observeMarginals, widenMarginals } from "./marginals.ts";

const LEARN = 500;

/** Labels 0 … rates.length − 1, each on by itself. */
function run(rates: (i: number, t: number) => number, labels: number, events: number, promise: number, seed = "m") {
  const m = createMarginals();
  widenMarginals(m, labels);
  const random = createRandom(seed);
  const active = new Uint16Array(labels);
  const found: { t: number; labels: number[] }[] = [];
  for (let t = 0; t < events; t++) {
    let size = 0;
    for (let i = 0; i < labels; i++) if (uniform(random) < rates(i, t)) active[size++] = i;
    observeMarginals(m, active, size, LEARN);
    if (t % 10 !== 9) continue;
    const now = discoveries(m, promise);
    if (now.length > 0) {
      found.push({ t, labels: now });
      break;
    }
  }
  return { m, found };
}

test("a label that comes more often, and one that stops, are found; the others are not", () => {
  const usual = (i: number): number => 0.05 + 0.03 * i;
  const more = run((i, t) => (t >= 1500 && i === 2 ? 0.4 : usual(i)), 8, 3000, 50_000);
  expect(more.found[0]!.labels).toEqual([2]);
  expect(more.found[0]!.t).toBeGreaterThanOrEqual(1500);
  expect(more.found[0]!.t).toBeLessThan(1600);
  const gone = run((i, t) => (t >= 1500 && i === 5 ? 0 : usual(i)), 8, 3000, 50_000);
  expect(gone.found[0]!.labels).toEqual([5]);
  expect(gone.found[0]!.t).toBeLessThan(1700);
});

test("many labels that move at once are found sooner than one", () => {
  const labels = 40;
  const all = run((_, t) => (t >= 1500 ? 0.2 : 0.1), labels, 4000, 50_000);
  const one = run((i, t) => (t >= 1500 && i === 0 ? 0.2 : 0.1), labels, 4000, 50_000);
  expect(all.found[0]!.t).toBeLessThan(one.found[0]!.t);
});

test("absence is made up for: events, sightings and sightings in a row are counted, a label never seen has no evidence", () => {
  const m = createMarginals();
  widenMarginals(m, 2);
  const on = new Set([3, 90, 91, 300, 420, 421, 422, 640]);
  for (let t = 0; t < 700; t++) observeMarginals(m, Uint16Array.of(0), on.has(t) ? 1 : 0, 50);
  expect(m.n[0]).toBe(700);
  expect(m.on[0]).toBe(8);
  expect(m.again[0]).toBe(3);
  expect(m.statistic[0]).toBeGreaterThan(0);
  expect(m.statistic[1]).toBe(0);
});
