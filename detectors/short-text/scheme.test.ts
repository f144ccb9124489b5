import { describe, expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Outcome, Snapshot } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { stream } from "./simulated.ts";

const tensors = createTensors("auto");

interface Run {
  readonly said: { readonly index: number; readonly signal: SignalDraft }[];
  readonly ratios: number[];
  readonly last: Snapshot;
}

async function run(
  events: readonly TextEvent[],
  options: object,
  reload?: number,
  promise: number | null = null,
): Promise<Run> {
  const settings = { options: shortText.options.parse(options), reference: { first: 400 }, promise, seed: 7 };
  const model = await shortText.open(settings, { tensors, embedder: { kind: "none" } });
  let state = model.init("k");
  const said: Run["said"] = [];
  const ratios: number[] = [];
  for (const [index, event] of events.entries()) {
    if (index === reload) state = (await model.load(await model.save([state])))[0]!;
    const [outcome] = (await model.step([{ state, event, time: null }])) as readonly Outcome[];
    ratios.push(outcome!.ratio);
    for (const signal of outcome!.signals) said.push({ index, signal });
  }
  const inspection = model.inspect(state);
  for (const value of Object.values(inspection.gauges)) expect(Number.isFinite(value)).toBe(true);
  const [last] = await model.save([state]);
  return { said, ratios, last: last! };
}

const changing = stream(3, 2400, 1500);

describe("scheme: paper", () => {
  const plain = run(changing, { scheme: "paper" });

  test("finds the change by batches, with its onset, and explains it", async () => {
    const { said } = await plain;
    const [first] = said;
    expect(first!.signal.kind).toBe("drift");
    expect(first!.index).toBeGreaterThan(1500);
    expect(first!.index).toBeLessThan(1800);
    const { onset, statistic, threshold } = first!.signal;
    expect(statistic!).toBeGreaterThan(threshold!);
    expect(threshold!).toBeGreaterThan(2.8);
    expect(Math.abs(onset!.index - 1500)).toBeLessThan(150);
    expect(onset!.low).toBeLessThanOrEqual(onset!.index);
    expect(onset!.high).toBeGreaterThanOrEqual(onset!.index);
    expect(JSON.stringify(first!.signal.explanation)).toContain("topic99");
  });

  test.each([399, 400, 913, 1700])("goes on as if it had not been saved and loaded: at event %i", async (at) => {
    const one = await plain;
    const again = await run(changing, { scheme: "paper" }, at);
    expect(again.said).toEqual(one.said);
    expect(again.ratios).toEqual(one.ratios);
    expect(again.last).toEqual(one.last);
  });

  test("recovers when what was new has gone", async () => {
    const back = [...stream(3, 1800, 1500), ...stream(4, 1200)];
    const { said } = await run(back, { scheme: "paper" });
    expect(said.at(-1)!.signal.kind).toBe("recovered");
  });

  test("is quiet where nothing changes", async () => {
    const { said } = await run(stream(5, 4000), { scheme: "paper" });
    expect(said.filter(({ signal }) => signal.kind === "drift").length).toBeLessThanOrEqual(1);
  });
});

test.each(["page-hinkley", "adwin"])(
  "scheme: %s says each detection as one signal without a promise",
  async (scheme) => {
    const { said } = await run(changing, { scheme });
    const { index, signal } = said.find((one) => one.index >= 1500)!;
    expect(index).toBeLessThan(1700);
    expect([signal.kind, signal.onset, signal.statistic, signal.threshold]).toEqual(["drift", null, null, null]);
    const again = await run(changing, { scheme }, 1520);
    expect(again.said).toEqual(said);
  },
);

test("what a scheme cannot promise is refused with a sentence that says what to do", () => {
  const ask = (options: object, promise: number | null, promiseDays: number | null = null): string | null =>
    shortText.check!({
      options: shortText.options.parse(options),
      reference: null,
      promise,
      promiseDays,
      seed: 1,
    });
  expect(ask({ scheme: "paper" }, 20_000)).toMatch(/at most 10000/);
  expect(ask({ scheme: "paper" }, null, 1)).toMatch(/events/);
  expect(ask({ scheme: "paper" }, 10_000)).toBeNull();
  expect(ask({ scheme: "adwin" }, 10_000)).toMatch(/cannot promise/);
  expect(ask({ scheme: "adwin" }, null)).toBeNull();
  expect(ask({ scheme: "paper", guarantee: true }, null)).toMatch(/guarantee/);
  expect(ask({}, 1_000_000)).toBeNull();
});
