import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { packCounts, unpackCounts } from "./compact.ts";
import { coverageWarning, measureDependence } from "./dependence.ts";
import { kMeans } from "./k-means.ts";
import { createLearning, type Learnt, loadLearning, roundVector, saveLearning } from "./learning.ts";
import { exclusion, neighboursOf } from "./neighbours.ts";
import { orderForSplit, turnsOf } from "./split.ts";

const TENSORS = createCpuTensors();

function learnt(index: number, session: string | null = null): Learnt {
  return { text: `text ${index}`, vector: null, session, index, time: null };
}

test("counts packed and unpacked are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(300), fc.nat(2 ** 31)), { maxLength: 400 }), (counts) => {
      const from = Uint32Array.from(counts);
      expect(unpackCounts(packCounts(from), from.length)).toEqual(from);
    }),
  );
  expect(packCounts(new Uint32Array(4096)).length).toBeLessThan(5);
});

test("learning saved at any length is the same, and closed chunks are made once", () => {
  const learning = createLearning();
  let before: readonly unknown[] = [];
  for (let i = 0; i < 100; i++) {
    const vector = i % 2 === 0 ? roundVector(Float32Array.of(i / 7, -i, 1e-9)) : null;
    learning.kept.push({ ...learnt(i, i % 3 === 0 ? "s" : null), vector, time: i % 5 === 0 ? null : i });
    const saved = saveLearning(learning);
    saved.parts.slice(0, before.length).forEach((part, at) => {
      expect(part).toBe(before[at]);
    });
    before = saved.parts;
    expect(loadLearning(i, saved.running, saved.parts).kept).toEqual(learning.kept);
  }
});

describe("dependence", () => {
  const random = createRandom("dependence");
  const iid = Array.from({ length: 1500 }, () => Math.floor(uniform(random) * 20));

  test("independent topics show none", () => {
    expect(measureDependence(iid, 20, 1)).toEqual({ stickiness: 0, halfLife: 0 });
  });

  test("topics that stay show how much and for how long", () => {
    let topic = 0;
    const sticky = iid.map((other) => {
      if (uniform(random) < 0.4) topic = other;
      return topic;
    });
    const { stickiness, halfLife } = measureDependence(sticky, 20, 1);
    expect(stickiness).toBeGreaterThanOrEqual(0.4);
    expect(halfLife).toBeLessThanOrEqual(10);
  });

  test("a reference shorter than a day or a week warns, one without times does not", () => {
    const hour = 3_600_000;
    expect(coverageWarning([0, 5 * hour])).toContain("a day");
    expect(coverageWarning([0, null, 50 * hour])).toContain("a week");
    expect(coverageWarning([0, 200 * hour])).toBeNull();
    expect(coverageWarning([null, null])).toBeNull();
  });
});

describe("clusters", () => {
  const vectors = Float32Array.from(
    Array.from({ length: 60 }, (_, i) => {
      const angle = (i % 3) * 2 + 0.05 * Math.sin(i);
      return [Math.cos(angle), Math.sin(angle)];
    }).flat(),
  );

  test("are what lies together", () => {
    const { assignment } = kMeans(vectors, 60, 2, 3, TENSORS, createRandom("k"));
    for (let i = 3; i < 60; i++) expect(assignment[i]).toBe(assignment[i % 3]);
    expect(new Set(assignment).size).toBe(3);
  });

  test("the same generator gives the same ones", () => {
    const again = (): unknown => kMeans(vectors, 60, 2, 7, TENSORS, createRandom("k", 2));
    expect(again()).toEqual(again());
  });

  test("of equal points are one, and finite", () => {
    const { assignment, centroids } = kMeans(new Float32Array(40).fill(0.5), 20, 2, 5, TENSORS, createRandom(3));
    expect(new Set(assignment)).toEqual(new Set([0]));
    expect(centroids.every(Number.isFinite)).toBe(true);
  });
});

describe("neighbours in the reference", () => {
  const vectors = Float32Array.from(Array.from({ length: 200 }, (_, i) => [Math.cos(i / 40), Math.sin(i / 40)]).flat());
  const search = (events: readonly Learnt[], ids: boolean): ReturnType<typeof neighboursOf> =>
    neighboursOf(vectors, 2, {
      rows: 200,
      from: 0,
      to: 200,
      k: 3,
      excluded: exclusion(events, ids),
      tensors: TENSORS,
    });

  test("are never within ten events where no ids tell sessions apart", () => {
    const near = search(
      Array.from({ length: 200 }, (_, i) => learnt(i)),
      false,
    );
    near.indices.forEach((row, i) => {
      expect(Math.abs(row - Math.floor(i / 3))).toBeGreaterThan(10);
    });
    expect(near.found.every((n) => n === 3)).toBe(true);
  });

  test("are never of the same session, however long it is", () => {
    const events = Array.from({ length: 200 }, (_, i) => learnt(i, i < 150 ? "long" : `s${i}`));
    const near = search(events, true);
    near.indices.forEach((row, i) => {
      if (Math.floor(i / 3) < 150) expect(row).toBeGreaterThanOrEqual(150);
    });
    expect(near.found.every((n) => n === 3)).toBe(true);
  });
});

describe("the split for calibration", () => {
  test("keeps sessions whole and about two thirds first", () => {
    const events = Array.from({ length: 300 }, (_, i) => learnt(i, `s${Math.floor(i / 5)}`));
    const { events: ordered, rows } = orderForSplit(events, true, createRandom("split"));
    const first = new Set(ordered.slice(0, rows).map((event) => event.session));
    expect(ordered.slice(rows).some((event) => first.has(event.session))).toBe(false);
    expect(rows).toBeGreaterThanOrEqual(200);
    expect(rows).toBeLessThanOrEqual(205);
    expect(new Set(ordered).size).toBe(300);
  });

  test("one session id on everything is no session id", () => {
    const events = Array.from({ length: 300 }, (_, i) => learnt(i, "the same"));
    expect(turnsOf(events)).toMatchObject({ ids: false, single: true });
    expect(turnsOf(events.map((event, i) => learnt(event.index, `s${i % 60}`)))).toMatchObject({ ids: true, turns: 5 });
  });
});
