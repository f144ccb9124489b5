import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Model, Outcome } from "../../engine/detector.ts";
import { goldenStream } from "../statistics/classic/golden-streams.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { numeric } from "./numeric.ts";

const env = undefined as never;

function open(options: Record<string, unknown> = {}, first: number | null = 300, promise: number | null = 5000): Model {
  const reference = first === null ? null : { first };
  return numeric.open({ options: numeric.options.parse(options), reference, promise, seed: 1 }, env) as Model;
}

function feed(model: Model, state: unknown, value: number): Outcome {
  return (model.step([{ state, event: { value }, time: null }]) as readonly Outcome[])[0]!;
}

function snapshotOf(model: Model, state: unknown): string {
  const [saved] = model.save([state]) as readonly { running: Uint8Array; parts: readonly { hash: string }[] }[];
  return `${Buffer.from(saved!.running).toString("hex")} ${saved!.parts.map((p) => p.hash).join()}`;
}

/** Normal, then shifted by `by` from `at` to `until`, then normal. */
function* stream(n: number, by: number, at: number, until = n, seed = "s"): Generator<number> {
  const random = createRandom(seed);
  for (let i = 0; i < n; i++) {
    let sum = i >= at && i < until ? by - 6 : -6;
    for (let j = 0; j < 12; j++) sum += uniform(random);
    yield sum;
  }
}

interface Said {
  readonly index: number;
  readonly kind: string;
  readonly summary: string;
  readonly explanation: Readonly<Record<string, unknown>>;
}

function listen(model: Model, state: unknown, values: Iterable<number>, from = 0): Said[] {
  const said: Said[] = [];
  let index = from;
  for (const value of values) {
    for (const { kind, summary, explanation } of feed(model, state, value).signals) {
      if (kind !== "warning" && kind !== "learnt") said.push({ index, kind, summary, explanation });
    }
    index++;
  }
  return said;
}

describe("calibrated", () => {
  test("learns, alarms once for a change that stays, and recovers when it goes", () => {
    const model = open();
    const state = model.init("k");
    expect(model.inspect(state)).toMatchObject({ status: "learning", learning: { seen: 0, wanted: 300 } });
    const said = listen(model, state, stream(4000, 1.5, 1000, 2000));
    expect(said.map((s) => s.kind)).toEqual(["drift", "recovered"]);
    expect(said[0]!.index).toBeGreaterThanOrEqual(1000);
    expect(said[0]!.index).toBeLessThan(1040);
    expect(said[0]!.summary).toMatch(/^Since (about )?event (9\d\d|1,0\d\d).* values are higher: mean .*before/);
    expect(said[1]!.index).toBeGreaterThan(2500);
    expect(model.inspect(state).status).toMatch(/steady|warning/);
  });

  test("the explanation tells before from after", () => {
    const model = open({}, 1000);
    const state = model.init("k");
    const wider = [...stream(1000, 0, 0), ...[...stream(500, 0, 0, 0, "w")].map((x) => 4 * x)];
    const [alarm] = listen(model, state, wider);
    expect(alarm!.summary).toContain("values spread wider");
    const { direction, before, after, levels } = alarm!.explanation as {
      direction: string;
      before: { sd: number; quantiles: number[] };
      after: { sd: number; quantiles: number[] };
      levels: number[];
    };
    expect(direction).toBe("wider");
    expect(after.sd / before.sd).toBeGreaterThan(2);
    expect(before.quantiles).toHaveLength(levels.length);
    expect(before.quantiles[levels.indexOf(0.5)]).toBeCloseTo(0, 0);
    expect(before.quantiles[levels.indexOf(0.95)]).toBeCloseTo(1.64, 0);
  });

  test("adapt makes the recent past normal: at once when it is long enough, else after learning on", () => {
    const model = open();
    const state = model.init("k");
    listen(model, state, stream(1500, 2, 1000));
    expect(model.inspect(state).status).toBe("drifting");
    model.command!(state, { kind: "adapt" });
    expect(model.inspect(state).status).toBe("steady");
    expect(model.inspect(state).gauges.numeric_reference_mean).toBeCloseTo(2, 0);
    expect(listen(model, state, stream(1500, 2, 0, 1500, "t"))).toEqual([]);

    const early = model.init("e");
    listen(model, early, stream(1100, 2, 1000));
    model.command!(early, { kind: "adapt" });
    expect(model.inspect(early)).toMatchObject({ status: "learning" });
    expect(model.inspect(early).learning!.seen).toBeGreaterThan(50);
    expect(listen(model, early, stream(1500, 2, 0, 1500, "t"))).toEqual([]);
    expect(model.inspect(early).gauges.numeric_reference_mean).toBeCloseTo(2, 0);
  });

  test("adaptAfter does so by itself and closes the episode", () => {
    const model = open({ adaptAfter: 400 }, 300, 100_000);
    const state = model.init("k");
    const said = listen(model, state, stream(3000, 2, 1000));
    expect(said.map((s) => s.kind)).toEqual(["drift", "adapted"]);
    expect(said[1]!.index - said[0]!.index).toBe(400);
  });

  test("a false alarm ends the episode and counts as normal; acknowledging changes nothing", () => {
    const model = open();
    const state = model.init("k");
    listen(model, state, stream(1010, 2, 1000));
    const before = snapshotOf(model, state);
    model.command!(state, { kind: "acknowledge" });
    expect(snapshotOf(model, state)).toBe(before);
    model.command!(state, { kind: "false-alarm" });
    expect(model.inspect(state).status).toBe("steady");
    expect(listen(model, state, stream(500, 0, 0, 0, "u"))).toEqual([]);
  });

  test("a warning comes once for one excursion", () => {
    const model = open({}, 300, 100_000);
    const state = model.init("k");
    let warnings = 0;
    for (const value of stream(1400, 0.6, 1000)) {
      const { signals, ratio } = feed(model, state, value);
      if (signals.some((s) => s.kind === "warning")) warnings++;
      if (ratio >= 1) break;
    }
    expect(warnings).toBe(1);
  });

  test("watches errors as a rate", () => {
    const model = open();
    const state = model.init("k");
    const random = createRandom("errors");
    let first = -1;
    for (let i = 0; i < 2000 && first < 0; i++) {
      const error = uniform(random) < (i < 1000 ? 0.1 : 0.5);
      const [o] = model.step([{ state, event: { error }, time: null }]) as readonly Outcome[];
      const alarm = o!.signals.find((s) => s.kind === "drift");
      if (!alarm) continue;
      first = i;
      expect(alarm.summary).toMatch(/errors are more frequent: \d+(\.\d+)? % of events, before (7|8|9|10|11|12|13)/);
      const [saved] = model.save([state]) as readonly never[];
      expect(snapshotOf(model, (model.load([saved!]) as readonly unknown[])[0])).toBe(snapshotOf(model, state));
    }
    expect(first).toBeGreaterThan(1000);
    expect(first).toBeLessThan(1100);
  });

  test("states stay small: a snapshot below 1.3 KB when steady, parts only while values are collected", () => {
    const model = open({}, 1500);
    const state = model.init("k");
    let greatest = 0;
    for (const value of stream(1600, 0, 0)) {
      feed(model, state, value);
      const [saved] = model.save([state]) as readonly { running: Uint8Array }[];
      greatest = Math.max(greatest, saved!.running.length);
    }
    expect(greatest).toBeLessThan(2300);
    const [steady] = model.save([state]) as readonly { running: Uint8Array; parts: readonly unknown[] }[];
    expect(steady!.running.length).toBeLessThan(1300);
    expect(steady!.parts).toEqual([]);
  });
});

describe("dependence: auto", () => {
  function* autoregressive(n: number, phi: number, shift: (i: number) => number, seed: string): Generator<number> {
    const noise = stream(n, 0, 0, 0, seed);
    let y = 0;
    let i = 0;
    for (const z of noise) {
      y = phi * y + z;
      yield y / Math.sqrt(1 / (1 - phi * phi)) + shift(i++);
    }
  }

  test("keeps the promise where values hang on each other, and says what it learnt", () => {
    const runLength = (options: Record<string, unknown>): number => {
      let events = 0;
      for (let seed = 0; seed < 12; seed++) {
        const model = open(options, 1500, 2000);
        const state = model.init("k");
        const said = listen(
          model,
          state,
          autoregressive(11_500, 0.6, () => 0, `ar${seed}`),
        );
        events += (said.find((s) => s.kind === "drift")?.index ?? 11_500) - 1500;
        if (seed > 0 || options.dependence !== "auto") continue;
        const { promise, model: learnt } = model.inspect(state).details as Record<string, Record<string, unknown>>;
        expect(promise!.kept).toBe("kept");
        expect(learnt!.persistence).toBeCloseTo(0.6, 1);
      }
      return events / 12;
    };
    expect(runLength({ dependence: "auto" })).toBeGreaterThan(1800);
    expect(runLength({ dependence: "none" })).toBeLessThan(500);
  });

  test("sees a shift and tells it in the values' own terms", () => {
    const model = open({ dependence: "auto" }, 1500, 100_000);
    const state = model.init("k");
    const values = autoregressive(5000, 0.5, (i) => (i < 3000 ? 10 : 12), "shift");
    const [alarm] = listen(model, state, values);
    expect(alarm!.index).toBeGreaterThanOrEqual(3000);
    expect(alarm!.index).toBeLessThan(3100);
    const { before, after } = alarm!.explanation as Record<"before" | "after", { mean: number; quantiles: number[] }>;
    expect(before.mean).toBeCloseTo(10, 0);
    expect(before.quantiles[6]).toBeCloseTo(10, 0);
    expect(after.mean).toBeGreaterThan(11);
  });

  test("rounded values keep it too", () => {
    const model = open({ dependence: "auto" }, 300, 2000);
    const state = model.init("k");
    const said = listen(model, state, [...autoregressive(6000, 0.3, () => 0, "round")].map(Math.round));
    expect(said.filter((s) => s.kind === "drift").length).toBeLessThanOrEqual(8);
  });
});

const CLASSICS = ["adwin", "page-hinkley", "kswin", "ddm", "eddm", "hddm-a", "hddm-w"] as const;

const FORMS: readonly [string, Record<string, unknown>][] = [
  ["calibrated", {}],
  ["calibrated in any order", { dependence: "none" }],
  ["calibrated with levels", { dependence: "regimes" }],
  ...CLASSICS.map((algorithm): [string, Record<string, unknown>] => [algorithm, { algorithm }]),
];

describe.each(FORMS)("%s", (_, options) => {
  const calibrated = !("algorithm" in options);
  const make = (): Model => open(options, calibrated ? 300 : null, calibrated ? 1000 : null);
  const values = goldenStream(calibrated ? "var_shift" : "bern_grad", 42).slice(3000, 8000);
  const plain = (() => {
    const model = make();
    const state = model.init("k");
    return { said: listen(model, state, values), snapshot: snapshotOf(model, state) };
  })();

  test("a snapshot at any point changes nothing", () => {
    expect(plain.said.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: values.length - 1 }), { maxLength: 20 }), (points) => {
        const model = make();
        let state = model.init("k");
        const said: Said[] = [];
        values.forEach((value, i) => {
          if (points.includes(i)) {
            const [snapshot] = model.save([state]) as readonly never[];
            [state] = model.load([snapshot!]) as readonly unknown[];
          }
          said.push(...listen(model, state, [value], i));
        });
        expect(said).toEqual(plain.said);
        expect(snapshotOf(model, state)).toBe(plain.snapshot);
      }),
      { numRuns: 5, seed: 5 },
    );
  });

  test("a constant stream raises no alarm", () => {
    for (const constant of [0, 1, 0.3]) {
      const model = make();
      expect(listen(model, model.init("k"), new Float64Array(20_000).fill(constant))).toEqual([]);
    }
  });

  test("gauges stay finite and declared on wild values", () => {
    const model = make();
    const state = model.init("k");
    const declared = numeric.gauges.map((g) => g.name);
    const random = createRandom("wild");
    for (let i = 0; i < 2000; i++) {
      const size = 10 ** (200 * uniform(random) - 100);
      const outcome = feed(model, state, i < 700 ? uniform(random) : uniform(random) < 0.5 ? size : -size);
      expect(Number.isFinite(outcome.ratio)).toBe(true);
      if (i % 50 !== 0) continue;
      const { gauges, statistic } = model.inspect(state);
      expect(Number.isFinite(statistic ?? 0)).toBe(true);
      for (const [name, value] of Object.entries(gauges)) {
        expect(declared).toContain(name);
        expect([name, Number.isFinite(value)]).toEqual([name, true]);
      }
    }
  });
});

test("a classic detection is one drift at its index, without statistic, and the ratio says so", () => {
  const model = open({ algorithm: "adwin" }, null, null);
  const state = model.init("k");
  const at: number[] = [];
  goldenStream("gradual", 42).forEach((value, i) => {
    const { ratio, signals } = feed(model, state, value);
    expect(ratio >= 1).toBe(signals.length === 1);
    for (const s of signals) {
      expect(s).toMatchObject({ kind: "drift", onset: null, statistic: null, threshold: null });
      at.push(i);
    }
  });
  expect(at).toEqual([5471, 6335]);
});

test("an algorithm for errors refuses other numbers and forgets them", () => {
  const model = open({ algorithm: "ddm" }, null, null);
  const state = model.init("k");
  const before = snapshotOf(model, state);
  expect(feed(model, state, 2).reject).toMatchObject({ reason: "out-of-range" });
  expect(snapshotOf(model, state)).toBe(before);
  expect(feed(model, state, 1).reject).toBeUndefined();
});

describe("check", () => {
  const check = (options: Record<string, unknown>, first: number | null, promise: number | null): string | null =>
    numeric.check!({
      options: numeric.options.parse(options),
      reference: first === null ? null : { first },
      promise,
      seed: 1,
    });

  test("a classic algorithm can neither promise nor learn", () => {
    expect(check({ algorithm: "adwin" }, null, 1000)).toMatch(/adwin cannot promise/);
    expect(check({ algorithm: "adwin" }, 1500, null)).toMatch(/learns no reference/);
    expect(check({ algorithm: "adwin" }, null, null)).toBeNull();
  });

  test("a reference is neither too short nor too long", () => {
    expect(check({}, 299, null)).toMatch(/from 300 to 20000/);
    expect(check({}, 20_001, null)).toMatch(/from 300 to 20000/);
    expect(check({}, 300, 10_000)).toBeNull();
    expect(check({}, null, 50)).toMatch(/100 or more/);
  });
});
