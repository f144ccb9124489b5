import { expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import type { Model, Outcome } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { stream } from "./simulated.ts";
import type { State } from "./state.ts";

const TENSORS = createCpuTensors();

type TextModel = Model<TextEvent, State>;

function open(adaptAfter: number): TextModel {
  const settings = {
    options: shortText.options.parse({ adaptAfter }),
    reference: { first: 120 },
    promise: 1000,
    seed: 3,
  };
  return shortText.open(settings, { tensors: TENSORS, embedder: { kind: "none" } }) as TextModel;
}

interface Heard {
  readonly index: number;
  readonly signal: SignalDraft;
}

function feed(model: TextModel, state: State, events: readonly TextEvent[]): Heard[] {
  return events.flatMap((event, index) => {
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    return outcome!.signals.map((signal) => ({ index, signal }));
  });
}

const isAdapted = ({ signal }: Heard): boolean => signal.summary.includes("adaptAfter");
const isAlarm = ({ signal }: Heard): boolean => signal.kind === "drift" || signal.kind === "surge";

test("the changed stream becomes normal without a person", () => {
  const model = open(500);
  const state = model.init("k");
  const heard = feed(model, state, stream(8, 1500, 250));
  const closed = heard.find(({ signal }) => signal.kind === "recovered")!;
  expect(isAdapted(closed)).toBe(true);
  expect(closed.index).toBe(heard.find(isAlarm)!.index + 500);
  expect(model.inspect(state).details.reference).toMatchObject({
    version: 2,
    origin: "adapt-after",
    before: [{ version: 1, origin: "first-events" }],
  });
  expect(state.watch!.reference.facts.from).toBeGreaterThan(250);
});

test("what became normal seldom alarms", () => {
  const again = Array.from({ length: 8 }, (_, i) => {
    const model = open(500);
    const heard = feed(model, model.init("k"), stream(30 + i, 1700, 250));
    const adapted = heard.findIndex(isAdapted);
    expect(adapted).toBeGreaterThan(0);
    return heard.slice(adapted + 1).some(isAlarm);
  });
  // About 900 texts each at 1 in 1,000 of each kind; were the topic still new, all of them would alarm at once.
  expect(again.filter(Boolean).length).toBeLessThanOrEqual(4);
});

test.each([600, 1200])("another change does not start the %i events anew, but has 500 of its own", (adaptAfter) => {
  const model = open(adaptAfter);
  const changes = [...stream(2, 340, 300, 1), ...stream(3, 250), ...stream(6, 1500, 0, 0.6, 98)];
  const heard = feed(model, model.init("k"), changes);
  const adapted = heard.find(isAdapted)!.index;
  const before = heard.filter(({ index }) => index < adapted);
  const first = before.find(isAlarm)!.index;
  const another = before.filter(({ signal }) => signal.summary.includes("gives way")).at(-1)!.index;
  expect(another).toBeGreaterThan(first + 200);
  expect(adapted).toBe(Math.max(first + adaptAfter, another + 500));
});

test("a recovery does: the next alarm has all its time", () => {
  const model = open(1000);
  const events = [...stream(2, 340, 300, 1), ...stream(3, 600), ...stream(6, 1500, 0, 0.6, 98)];
  const heard = feed(model, model.init("k"), events);
  const [first, next] = heard.filter(isAlarm) as [Heard, Heard];
  const recovered = heard.find(({ signal }) => signal.kind === "recovered")!;
  expect(isAdapted(recovered)).toBe(false);
  expect([first.index < recovered.index, recovered.index < next.index]).toEqual([true, true]);
  expect(heard.find(isAdapted)!.index).toBe(next.index + 1000);
});
