import { expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import type { Model, Outcome, Snapshot } from "../../engine/detector.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { stream } from "./simulated.ts";
import type { State } from "./state.ts";

const FIRST = 120;
const MINUTE_MS = 60_000;

function open(): Model<TextEvent, State> {
  const settings = {
    options: shortText.options.parse({}),
    reference: { first: FIRST },
    promise: null,
    promiseDays: 2,
    seed: 7,
  };
  return shortText.open(settings, { tensors: createCpuTensors(), embedder: { kind: "none" } }) as Model<
    TextEvent,
    State
  >;
}

function give(model: Model<TextEvent, State>, state: State, event: TextEvent, time: number | null): Outcome {
  return (model.step([{ state, event, time }]) as readonly Outcome[])[0]!;
}

test("a promise in days becomes events by the rate at which the reference came, and stays so", () => {
  const model = open();
  const state = model.init("k");
  const events = stream(1, FIRST + 80, FIRST + 80);
  expect(model.inspect(state).details.promise).toEqual({ events: null, days: 2, eventsPerDay: null });
  let loaded = state;
  events.forEach((event, i) => {
    if (i === 60 || i === FIRST + 40) [loaded] = model.load(model.save([loaded]) as readonly Snapshot[]) as [State];
    expect(give(model, loaded, event, i < FIRST ? i * MINUTE_MS : FIRST * MINUTE_MS).reject).toBeUndefined();
  });
  expect(model.inspect(loaded).details.promise).toMatchObject({ events: 2880, days: 2, eventsPerDay: 1440 });
  // Without sessions the threshold of drift is the promise itself.
  expect(model.inspect(loaded).details.promise).toMatchObject({ thresholds: { drift: 2880, surge: 0.75 * 2880 } });
});

test("texts without a time, and a time that stands still, are rejected and change nothing", () => {
  const model = open();
  const state = model.init("k");
  const events = stream(1, FIRST, FIRST);
  expect(give(model, state, events[0]!, null).reject).toMatchObject({ reason: "missing-field" });
  for (const event of events.slice(0, -1)) expect(give(model, state, event, 5).reject).toBeUndefined();
  expect(give(model, state, events.at(-1)!, 5).reject).toMatchObject({ reason: "out-of-range" });
  expect(model.inspect(state).learning).toEqual({ seen: FIRST - 1, wanted: FIRST });
  expect(give(model, state, events.at(-1)!, 5 + MINUTE_MS).reject).toBeUndefined();
  expect(model.inspect(state).status).toBe("steady");
});
