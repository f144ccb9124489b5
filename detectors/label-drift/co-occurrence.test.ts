import { expect, test } from "vitest";
import { createReader, createWriter } from "../statistics/bytes.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import {
  type CoOccurrence,
  count,
  createCoOccurrence,
  FAST_DECAY,
  forgetSlow,
  jaccardsOf,
  SLOW_DECAY,
  widenLabels,
} from "./co-occurrence.ts";
import { readCoOccurrence, writeCoOccurrence } from "./co-occurrence-snapshot.ts";
import { displacement, SUPPORT } from "./displacement.ts";
import { partOfWhole } from "./whole-pairs.ts";

/** N, R and s as they are written, over all pairs, decayed at every event. */
function dense(labels: number) {
  const n = new Float64Array(labels * labels);
  const r = new Float64Array(labels * labels);
  return {
    count(active: readonly number[]) {
      for (let k = 0; k < n.length; k++) {
        n[k] = n[k]! * FAST_DECAY;
        r[k] = r[k]! * SLOW_DECAY;
      }
      for (const i of active) {
        for (const j of active) {
          n[i * labels + j]!++;
          r[i * labels + j]!++;
        }
      }
    },
    reset() {
      r.set(n);
    },
    jaccard(m: "n" | "r", i: number, j: number): number {
      const a = m === "n" ? n : r;
      const both = a[i * labels + j]!;
      const either = a[i * labels + i]! + a[j * labels + j]! - both;
      return either > 0 ? both / either : 0;
    },
    displacement(): number {
      let sum = 0;
      let total = 0;
      for (let i = 0; i < labels; i++) {
        for (let j = i + 1; j < labels; j++) {
          const w = Math.min(1, r[i * labels + i]! / SUPPORT) * Math.min(1, r[j * labels + j]! / SUPPORT);
          sum += w * Math.abs(this.jaccard("n", i, j) - this.jaccard("r", i, j));
          total += w;
        }
      }
      return total > 0 ? sum / total : 0;
    },
  };
}

test("the sparse memory that puts decay off is the dense one, through sweeps, resets, new labels and snapshots", () => {
  const labels = 17;
  const oracle = dense(labels);
  let sparse = createCoOccurrence();
  const random = createRandom("co-occurrence");
  for (let t = 0; t < 3500; t++) {
    // The frequent and the rare, some in pairs; a label goes for long, others come late.
    const active = [...Array(labels).keys()].filter(
      (i) =>
        (i < 15 || t > 900) && !(i === 3 && t > 1200) && uniform(random) < (i % 2 === 0 ? 0.3 : 0.02) / (1 + i / 4),
    );
    if (active.includes(0) && uniform(random) < 0.7 && !active.includes(1)) active.push(1);
    widenLabels(sparse, Math.max(0, ...active.map((i) => i + 1)), true);
    count(sparse, Uint16Array.from(active), active.length);
    oracle.count(active);
    if (t === 2000) {
      forgetSlow(sparse);
      oracle.reset();
    }
    if (t % 700 === 350) {
      const w = createWriter();
      writeCoOccurrence(w, sparse);
      sparse = readCoOccurrence(createReader(w.done()), null);
    }
    if (t % 10 !== 9) continue;
    expect(displacement(sparse)).toBeCloseTo(oracle.displacement(), 4);
    if (t % 500 !== 499) continue;
    for (let i = 0; i < sparse.labels; i++) {
      for (let j = 0; j < i; j++) {
        expect(jaccardsOf(sparse, i, j).fast).toBeCloseTo(oracle.jaccard("n", i, j), 3);
        expect(jaccardsOf(sparse, i, j).slow).toBeCloseTo(oracle.jaccard("r", i, j), 3);
      }
    }
  }
  expect(oracle.displacement()).toBeGreaterThan(0.01);
});

test("with many pairs a snapshot is a part of the last sweep and what changed since; read, it goes on in the same bits", () => {
  const labels = 400;
  const random = createRandom("many pairs");
  let c = createCoOccurrence();
  widenLabels(c, labels, true);
  const step = (of: CoOccurrence, active: Uint16Array, t: number): number => {
    count(of, active, active.length);
    return t % 10 === 9 ? displacement(of) : 0;
  };
  const written = (of: CoOccurrence): Uint8Array => {
    const w = createWriter();
    writeCoOccurrence(w, of);
    return w.done();
  };
  const parts = new Set<string>();
  let sizes = 0;
  for (let t = 0; t < 10_600; t++) {
    const active = new Uint16Array([
      ...new Set(Array.from({ length: 5 }, () => Math.floor(uniform(random) ** 2 * labels))),
    ]);
    if (t % 211 === 210) {
      const part = c.whole && partOfWhole(c.whole);
      const bytes = written(c);
      const back = readCoOccurrence(createReader(bytes), part);
      expect(Buffer.compare(written(back), bytes)).toBe(0);
      // The one that was read takes over: what follows is compared with one that never was.
      const next = new Uint16Array(active);
      expect(step(back, next, t)).toBe(step(c, active, t));
      c = back;
      if (part) parts.add(part.hash);
      if (part && c.untilSweep > 700) sizes = Math.max(sizes, bytes.length / part.bytes.length);
    } else step(c, active, t);
  }
  // One part for each sweep, and for the halving of the counts.
  expect(parts.size).toBeGreaterThan(6);
  expect(parts.size).toBeLessThan(16);
  expect(sizes).toBeGreaterThan(0);
  expect(sizes).toBeLessThan(0.6);
});

test("memory stays below 16 bytes for each pair of labels, all pairs alive", () => {
  const labels = 300;
  const c = createCoOccurrence();
  widenLabels(c, labels, true);
  const all = Uint16Array.from({ length: labels }, (_, i) => i);
  for (let t = 0; t < 20; t++) {
    count(c, all, labels);
    displacement(c);
  }
  expect(c.slots).toBe((labels * (labels - 1)) / 2);
  const arrays = Object.values(c).filter((v) => ArrayBuffer.isView(v));
  expect(arrays.reduce((sum, a) => sum + a.byteLength, 0)).toBeLessThanOrEqual(16 * labels * labels);
});
