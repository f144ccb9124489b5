import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import { coverageWarning } from "./dependence.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { stream } from "./simulated.ts";

const DAY = 86_400_000;

/** The warnings that people read once the reference is learnt. */
function warningsOf(events: readonly TextEvent[], timeOf: (i: number) => number | null = () => null): string[] {
  const settings = { options: shortText.options.parse({}), reference: { first: 400 }, promise: 2000, seed: 1 };
  const model = shortText.open(settings, { tensors: createTensors("auto"), embedder: { kind: "none" } });
  if (model instanceof Promise) throw model;
  const state = model.init("k");
  events.forEach((event, i) => void model.step([{ state, event, time: timeOf(i) }]));
  return model.inspect(state).details.warnings as string[];
}

/** Each topic goes on for a while. */
function runs(length: number): TextEvent[] {
  const all = stream(1, 3000);
  const byTopic = groupBy(all);
  const topics = [...byTopic.values()];
  return Array.from({ length: 400 }, (_, i) => topics[(Math.floor(i / length) * 5) % topics.length]!.pop()!);
}

test("nothing is said of independent texts that cover a week", () => {
  expect(warningsOf(stream(1, 400), (i) => (i * 8 * DAY) / 400)).toEqual([]);
});

test("conversations without ids: says that the promise may not hold, what it does instead and what to do", () => {
  const [warning] = warningsOf(runs(6));
  expect(warning).toMatch(/depend on each other/);
  expect(warning).toMatch(/surge alarms are off/);
  expect(warning).toMatch(/promise may not hold/);
  expect(warning).toMatch(/fields\.session/);
});

test("a reference shorter than a day, or than a week, says what it has not seen", () => {
  expect(warningsOf(stream(1, 400), (i) => i * 60_000)[0]).toMatch(/less than a day: hours/);
  expect(warningsOf(stream(1, 400), (i) => (i * 2 * DAY) / 400)[0]).toMatch(/less than a week: days/);
  expect(coverageWarning([0, 0.99 * DAY])).toMatch(/week/);
  expect(coverageWarning([null, null])).toBeNull();
});

test("fewer than 300 conversations: says which change will be missed", () => {
  const events = stream(1, 400).map((event, i) => ({ ...event, session: `s${Math.floor(i / 4)}` }));
  expect(warningsOf(events).join(" ")).toMatch(/100 sessions: with fewer than 300, a change that touches 10 %/);
});

function groupBy(events: readonly TextEvent[]): Map<string, TextEvent[]> {
  const out = new Map<string, TextEvent[]>();
  for (const event of events) {
    const topic = event.text!.split(" ")[1]!;
    out.set(topic, [...(out.get(topic) ?? []), event]);
  }
  return out;
}
