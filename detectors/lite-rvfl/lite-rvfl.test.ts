import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Model, Outcome, Snapshot } from "../../engine/detector.ts";
import type { ModelBank } from "../../engine/model-bank.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { mulberry32 } from "../learners/streams.ts";
import { createTypedBank } from "../learners/typed-bank.ts";
import type { RvflEvent } from "./event.ts";
import { liteRvfl } from "./lite-rvfl.ts";

interface Given {
  readonly options?: Record<string, unknown>;
  readonly first?: number;
  readonly promise?: number;
  readonly bank?: (features: number) => ModelBank;
}

/** Few nodes: what is tested here does not depend on them. */
const SMALL = { groups: 2, nodes: 5 };

function start({ options = {}, first = 100, promise, bank }: Given = {}) {
  const tensors = createTensors("cpu");
  const settings = {
    options: liteRvfl.options.parse({ ...SMALL, ...options }),
    reference: { first },
    promise: promise ?? null,
    seed: 1,
  };
  const env = { tensors: bank ? { ...tensors, modelBank: bank } : tensors, embedder: { kind: "none" as const } };
  const model = liteRvfl.open(settings, env) as Model;
  const state = model.init("k");
  const said: (SignalDraft & { index: number })[] = [];
  let index = 0;
  const give = (event: RvflEvent, time: number | null = null): Outcome => {
    const [outcome] = model.step([{ state, event, time }]) as readonly Outcome[];
    for (const s of outcome!.signals) said.push({ ...s, index });
    if (!outcome!.reject) index++;
    return outcome!;
  };
  return { model, state, said, give, look: () => model.inspect(state) };
}

/** Two classes, which swap at event `at`. */
function* swapping(events: number, at: number, seed = 3): Generator<{ x: { a: number; b: number }; y: string }> {
  const u = mulberry32(seed);
  for (let i = 0; i < events; i++) {
    const x = { a: u(), b: 100 * u() };
    yield { x, y: x.a > 0.5 !== i >= at ? "up" : "down" };
  }
}

describe("labels that come late", () => {
  test("are joined by id and learnt then; what was predicted when the inputs came is what is scored", () => {
    const { give, said, look, model } = start();
    const owed: RvflEvent[] = [];
    let i = 0;
    for (const { x, y } of swapping(1600, 800)) {
      give({ x, id: `e${i}` });
      owed.push({ id: `e${i}`, y });
      if (owed.length > 40) expect(give(owed.shift()!).reject).toBeUndefined();
      i++;
    }
    const drift = said.find((s) => s.kind === "drift")!;
    // Inputs and labels are events both; the swap is at the inputs of index 1,600 or a little before.
    expect(drift.index).toBeGreaterThan(1560);
    expect(drift.index).toBeLessThan(1800);
    expect(drift.onset!.low).toBeGreaterThan(1450);
    expect(drift.onset!.high).toBeLessThan(drift.index);
    expect(drift.explanation.warnings).toEqual([expect.stringMatching(/Labels come 81 events late/)]);
    expect(look().details.labels).toMatchObject({ waiting: 40 });
    expect(model.prequential!()!.accuracy).toBeLessThan(0.95);
  });

  test("without a delay worth the name are as good as labels that come with their inputs", () => {
    const together = start();
    const apart = start();
    let i = 0;
    for (const { x, y } of swapping(1000, 2000)) {
      together.give({ x, y });
      apart.give({ id: i, x });
      apart.give({ id: i, y });
      i++;
    }
    expect(apart.model.prequential!()).toEqual(together.model.prequential!());
    const weights = ({ state }: { state: unknown }) =>
      (state as { learner: { fast: { weights: Float64Array } } }).learner.fast.weights;
    expect(weights(apart)).toEqual(weights(together));
  });

  test("that come for a part of the events only are told in words", () => {
    const { give, look } = start();
    let i = 0;
    for (const { x, y } of swapping(1200, 5000)) give(i++ % 4 === 0 ? { x, y } : { x });
    expect(look().gauges.rvfl_labelled).toBeCloseTo(0.25, 2);
    expect(look().details.warnings).toEqual([expect.stringMatching(/Labels have come for 25 % of the events/)]);
  });

  test("are rejected where nothing waits for them, and nothing is changed", () => {
    const { give, model, state } = start({ options: { waiting: 2 } });
    for (const event of swapping(150, 500)) give(event);
    for (const id of ["a", "b", "c"]) give({ id, x: { a: 0.1, b: 3 } });
    const before = (model.save([state]) as Snapshot[])[0]!.running;
    for (const id of ["a", "never"]) expect(give({ id, y: "up" }).reject).toMatchObject({ reason: "late" });
    expect((model.save([state]) as Snapshot[])[0]!.running).toEqual(before);
    expect(give({ id: "b", y: "up" }).reject).toBeUndefined();
    expect(give({ id: "b", y: "up" }).reject).toMatchObject({ reason: "late" });
  });

  test("join inputs of the warm-up too", () => {
    const { give, look } = start();
    let i = 0;
    for (const { x, y } of swapping(100, 500)) {
      give({ id: i, x });
      if (i >= 10) give({ id: i - 10, y: i % 2 ? "up" : y });
      i++;
    }
    expect(look()).toMatchObject({ status: "learning", learning: { seen: 90, wanted: 100 } });
    for (; i < 110; i++) give({ id: i - 10, y: "down" });
    expect(look().status).toBe("steady");
  });
});

describe("inputs", () => {
  test("that are missing are the mean, null or left out alike, and names may come in any order", () => {
    const one = start();
    const other = start();
    let i = 0;
    for (const { x, y } of swapping(400, 1000)) {
      i++;
      if (i > 100 && i % 3 === 0) {
        one.give({ x: { a: x.a, b: null }, y });
        other.give({ x: { a: x.a }, y });
      } else {
        one.give({ x, y });
        other.give({ x: { b: x.b, a: x.a }, y });
      }
    }
    expect(other.model.save([other.state])).toEqual(one.model.save([one.state]));
    expect(one.model.prequential!()!.accuracy).toBeGreaterThan(0.9);
  });

  test("of new names are counted and ignored until the recent past is made the new normal", () => {
    const { give, look, model, state, said } = start();
    for (const event of swapping(300, 1000)) give(event);
    for (const { x, y } of swapping(20, 1000)) give({ x: { ...x, fresh: 5 }, y });
    expect(look().details.warnings).toEqual([expect.stringMatching(/20 events had inputs that are not known.*fresh/)]);
    const told = model.command!(state, { kind: "adapt" });
    expect(told).toEqual([expect.objectContaining({ kind: "adapted" })]);
    expect(look().status).toBe("learning");
    for (const { x, y } of swapping(100, 1000)) give({ x: { ...x, fresh: x.a }, y });
    expect(look()).toMatchObject({ status: "steady", details: { model: { inputs: ["a", "b", "fresh"] } } });
    expect(said).toEqual([]);
  });

  test("of another dimension or kind are rejected", () => {
    const lists = start();
    expect(lists.give({ x: [1, 2], y: "a" }).reject).toBeUndefined();
    expect(lists.give({ x: [1, 2, 3], y: "a" }).reject).toMatchObject({ reason: "wrong-dimension" });
    expect(lists.give({ x: { a: 1 }, y: "a" }).reject).toMatchObject({ reason: "wrong-type" });
    const named = start();
    expect(named.give({ x: { a: 1 }, y: "a" }).reject).toBeUndefined();
    expect(named.give({ x: [1], y: "a" }).reject).toMatchObject({ reason: "wrong-type" });
    const few = start({ options: { inputs: 2 } });
    expect(few.give({ x: [1, 2, 3], y: "a" }).reject).toMatchObject({ reason: "wrong-dimension" });
  });

  test("as large as events may be, and labels too, leave everything finite", () => {
    for (const task of ["classification", "regression"]) {
      const { give, look } = start({ options: { task } });
      const u = mulberry32(8);
      for (let i = 0; i < 600; i++) {
        const wild = i > 200 && i % 50 === 0 ? 1e100 : 1;
        give({ x: [wild * u(), u(), 1e-9 * u()], y: task === "regression" ? wild * u() : u() > 0.5 ? "a" : "b" });
      }
      for (const value of Object.values(look().gauges)) expect(Number.isFinite(value)).toBe(true);
      expect(look().gauges.rvfl_condition).toBeLessThan(1e8);
    }
  });
});

describe("classes", () => {
  test("may come later, as many as are allowed", () => {
    const { give, look } = start({ options: { classes: 3 } });
    for (const event of swapping(300, 1000)) give(event);
    const u = mulberry32(5);
    for (let i = 0; i < 400; i++) give({ x: { a: 3 + u(), b: 50 }, y: "aside" });
    expect(look().details.model).toMatchObject({ classes: expect.arrayContaining(["up", "down", "aside"]) });
    expect(look().gauges.rvfl_accuracy).toBeGreaterThan(0.7);
    expect(give({ x: { a: 1, b: 1 }, y: "fourth" }).reject).toMatchObject({ reason: "out-of-range" });
  });

  test("are texts, booleans, or few whole numbers, and those are told", () => {
    const cases = [
      { y: (u: number) => u > 0.5, task: "classification", told: 0 },
      { y: (u: number) => Math.floor(3 * u), task: "classification", told: 1 },
      { y: (u: number) => Math.floor(30 * u), task: "regression", told: 0 },
      { y: (u: number) => u, task: "regression", told: 0 },
    ];
    for (const { y, task, told } of cases) {
      const { give, look } = start();
      const u = mulberry32(2);
      for (let i = 0; i < 150; i++) {
        const x = u();
        give({ x: [x], y: y(x) });
      }
      expect(look().details).toMatchObject({ model: { task } });
      expect(look().details.warnings).toHaveLength(told);
    }
  });

  test("and quantities are not mixed up", () => {
    const { give } = start({ options: { task: "regression" } });
    expect(give({ x: [1], y: "a" }).reject).toMatchObject({ reason: "wrong-type" });
    const guessed = start();
    for (let i = 0; i < 120; i++) guessed.give({ x: [i % 7], y: i % 2 });
    expect(guessed.give({ x: [1], y: 0.5 }).reject).toMatchObject({ reason: "wrong-type" });
  });
});

test("a quantity's change is found, dated and explained, its errors told in its own unit", () => {
  const { give, said, model } = start({ promise: 2000 });
  const u = mulberry32(11);
  for (let i = 0; i < 1600; i++) {
    const [a, b] = [u(), u()];
    const y = 1000 + 100 * (i < 1000 ? a : 1 - a) + 20 * b + 5 * (u() - 0.5);
    give({ x: { a, b }, y });
  }
  const { mae, mse } = model.prequential!()!;
  expect(mae).toBeGreaterThan(1);
  expect(mae).toBeLessThan(20);
  expect(mse).toBeLessThan(1200);
  const drift = said.find((s) => s.kind === "drift")!;
  expect(drift.index).toBeGreaterThan(1000);
  expect(drift.index).toBeLessThan(1150);
  expect(drift.onset!.low).toBeLessThanOrEqual(1000);
  expect(drift.onset!.high).toBeGreaterThanOrEqual(1000);
  const [most] = (drift.explanation as { inputs: { name: string; share: number; effectBefore: number }[] }).inputs;
  expect(most).toMatchObject({ name: "a" });
  expect(most!.share).toBeGreaterThan(0.9);
  // 100 per unit of a, whose standard deviation is .29.
  expect(most!.effectBefore).toBeGreaterThan(24);
  expect(most!.effectBefore).toBeLessThan(34);
});

describe("an episode", () => {
  const run = (promise: number) => {
    const started = start({ promise, options: { alarms: "gap" } });
    for (const event of swapping(2200, 1000)) started.give(event);
    return started;
  };

  test("is explained again and ends when the model has followed", () => {
    const { said, look } = run(2000);
    expect(said.filter((s) => s.kind !== "warning").map((s) => s.kind)).toEqual(["drift", "explained", "recovered"]);
    expect(look().status).not.toBe("drifting");
    const { explanation } = said.find((s) => s.kind === "explained")!;
    const moved = explanation as {
      inputs: { name: string; effectBefore: number; effectAfter: number }[];
      effectOn: string;
    };
    expect(moved.inputs[0]!.name).toBe("a");
    // What spoke for a class speaks against it now.
    expect(moved.inputs[0]!.effectBefore * moved.inputs[0]!.effectAfter).toBeLessThan(0);
  });

  test("is critical once both alarms speak", () => {
    const { give, said } = start({ promise: 2000 });
    for (const event of swapping(3400, 2600)) give(event);
    const drifts = said.filter((s) => s.kind === "drift");
    expect(drifts.map((s) => s.explanation.alarms)).toEqual([["displacement"], ["gap", "displacement"]]);
    expect(drifts.map((s) => s.severity)).toEqual([undefined, "critical"]);
  });

  test("ends by a person's word", () => {
    const { give, model, state, look } = start({ promise: 2000, options: { alarms: "gap" } });
    for (const event of swapping(1080, 1000)) give(event);
    expect(look().status).toBe("drifting");
    model.command!(state, { kind: "acknowledge" });
    expect(look().status).toBe("drifting");
    model.command!(state, { kind: "false-alarm" });
    expect(look().status).toBe("steady");
  });
});

test("a bank whose answers are promises gives the same, key beside key", async () => {
  const events = [...swapping(700, 400)];
  const plain = start();
  for (const event of events) plain.give(event);
  const slow = (features: number): ModelBank => {
    const bank = createTypedBank(features);
    return {
      ...bank,
      update: async (batch) => bank.update(batch),
      read: async (slots) => bank.read(slots),
    };
  };
  const { model } = start({ bank: slow });
  const states = ["k", "other"].map((key) => model.init(key));
  const kinds: string[] = [];
  for (const event of events) {
    const outcomes = await model.step(states.map((state) => ({ state, event, time: null })));
    kinds.push(...outcomes[0]!.signals.map((s) => s.kind));
  }
  expect(kinds).toEqual(plain.said.map((s) => s.kind));
  const [snapshot] = (await model.save([states[0]])) as Snapshot[];
  expect(snapshot).toEqual((plain.model.save([plain.state]) as Snapshot[])[0]);
});

test("a promise in days is events by the rate of the warm-up", () => {
  const settings = {
    options: liteRvfl.options.parse({ ...SMALL, alarms: "gap" }),
    reference: { first: 100 },
    promise: null,
    promiseDays: 2,
    seed: 1,
  };
  const model = liteRvfl.open(settings, { tensors: createTensors("cpu"), embedder: { kind: "none" } }) as Model;
  const state = model.init("k");
  const step = (event: RvflEvent, time: number | null) =>
    (model.step([{ state, event, time }]) as readonly Outcome[])[0]!;
  expect(step({ x: [1], y: "a" }, null).reject).toMatchObject({ reason: "missing-field" });
  let i = 0;
  for (const event of swapping(120, 500)) step(event, i++ * 60_000);
  expect(model.inspect(state)).toMatchObject({ threshold: 2 * 1440, details: { promise: { events: 2880 } } });
});

test.each([
  [{ x: [1, 2], y: "a" }, true],
  [{ x: { a: 1, b: null }, y: 3.5 }, true],
  [{ x: [1, null], id: 7 }, true],
  [{ id: "e1", y: "a" }, true],
  [{ y: "a" }, false],
  [{ id: "e1" }, false],
  [{ x: [], y: "a" }, false],
  [{ x: {}, y: "a" }, false],
  [{ x: ["1"], y: "a" }, false],
  [{ x: [1], y: "" }, false],
  [{ x: [1], y: null }, false],
])("the event %j: %s", (given, accepted) => {
  expect(liteRvfl.event.safeParse(given).success).toBe(accepted);
});

/** Saved by the first version after 400 events, 300 of them in the sample of a replay; what it says from there on was noted then. */
test("a snapshot of version 1 loads and goes on as it did", () => {
  const stored = JSON.parse(readFileSync(join(import.meta.dirname, "snapshot-v1.json"), "utf8")) as {
    running: string;
    parts: { hash: string; bytes: string }[];
    said: readonly unknown[];
    accuracy: number;
  };
  const { model } = start({ promise: 2000 });
  const snapshot = {
    version: 1,
    running: new Uint8Array(Buffer.from(stored.running, "base64")),
    parts: stored.parts.map(({ hash, bytes }) => ({ hash, bytes: new Uint8Array(Buffer.from(bytes, "base64")) })),
  };
  const [state] = model.load([snapshot]) as readonly unknown[];
  const said: unknown[] = [];
  [...swapping(700, 500)].forEach((event, i) => {
    if (i < 400) return;
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    for (const s of outcome!.signals) said.push([i, s.kind, s.onset?.index ?? null]);
  });
  expect(said).toEqual(stored.said);
  expect(model.prequential!()!.accuracy).toBeCloseTo(stored.accuracy, 12);
  expect(() => model.load([{ ...snapshot, version: 99 }])).toThrow(/version 99/);
});
