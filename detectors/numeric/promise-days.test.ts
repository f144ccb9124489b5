import { expect, test } from "vitest";
import type { Model, Outcome } from "../../engine/detector.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { numeric } from "./numeric.ts";

const HOUR_MS = 3_600_000;

function open(promiseDays: number, options: Record<string, unknown> = { dependence: "none" }): Model {
  const settings = {
    options: numeric.options.parse(options),
    reference: { first: 300 },
    promise: null,
    promiseDays,
    seed: 1,
  };
  return numeric.open(settings, undefined as never) as Model;
}

function give(model: Model, state: unknown, value: number, time: number | null): Outcome {
  return (model.step([{ state, event: { value }, time }]) as readonly Outcome[])[0]!;
}

function saved(model: Model, state: unknown) {
  return (model.save([state]) as readonly { version: number; running: Uint8Array; parts: readonly never[] }[])[0]!;
}

test("a promise in days becomes events by the rate at which the reference came, each key its own", () => {
  const model = open(20);
  const random = createRandom("days");
  for (const perHour of [10, 100]) {
    const state = model.init(`k${perHour}`);
    expect(model.inspect(state)).toMatchObject({ threshold: null, details: { promise: { events: null, days: 20 } } });
    for (let i = 0; i < 400; i++) give(model, state, uniform(random), (i * HOUR_MS) / perHour);
    const { threshold, details } = model.inspect(state);
    expect(threshold).toBe(20 * 24 * perHour);
    expect(details.promise).toMatchObject({ events: 20 * 24 * perHour, days: 20, eventsPerDay: 24 * perHour });
    // The rate was fixed with the reference: later events come twice as fast, and a reload knows it.
    for (let i = 0; i < 100; i++) give(model, state, uniform(random), (400 * HOUR_MS) / perHour + i);
    const [loaded] = model.load([saved(model, state)]) as readonly unknown[];
    expect(model.inspect(loaded).threshold).toBe(threshold);
  }
});

test("interrupted while learning is the same as not interrupted", () => {
  const model = open(3);
  const random = createRandom("days");
  const values = Array.from({ length: 700 }, (_, i) => uniform(random) + (i > 500 ? 2 : 0));
  const run = (reloadAt: number) => {
    let state: unknown = model.init("k");
    const said: unknown[] = [];
    values.forEach((value, i) => {
      if (i === reloadAt) [state] = model.load([saved(model, state)]) as readonly unknown[];
      said.push(...give(model, state, value, 1_000_000 + i * 60_000).signals);
    });
    return [said, Buffer.from(saved(model, state).running).toString("hex")];
  };
  const undisturbed = run(-1);
  expect(undisturbed[0]).toContainEqual(expect.objectContaining({ kind: "drift", threshold: 3 * 1440 }));
  for (const at of [1, 150, 299, 300, 550]) expect(run(at)).toEqual(undisturbed);
});

test("events without a time, and a time that stands still, are rejected and change nothing", () => {
  const model = open(1);
  const state = model.init("k");
  const before = saved(model, state).running;
  expect(give(model, state, 1, null).reject).toMatchObject({ reason: "missing-field" });
  expect(saved(model, state).running).toEqual(before);
  for (let i = 0; i < 299; i++) expect(give(model, state, i % 7, 5000).reject).toBeUndefined();
  expect(give(model, state, 1, 5000).reject).toMatchObject({ reason: "out-of-range" });
  expect(model.inspect(state).learning).toEqual({ seen: 299, wanted: 300 });
  expect(give(model, state, 1, 5000 + 24 * HOUR_MS).reject).toBeUndefined();
  expect(model.inspect(state)).toMatchObject({ status: "steady", threshold: 299 });
});

test("a classic cannot promise days either", () => {
  const options = numeric.options.parse({ algorithm: "adwin" });
  expect(numeric.check!({ options, reference: null, promise: null, promiseDays: 1, seed: 1 })).toMatch(
    /cannot promise/,
  );
});
