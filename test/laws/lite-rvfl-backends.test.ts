import { describe, expect, test } from "vitest";
import { everyBackend } from "../../adapters/tensors/every-backend.ts";
import { fixedFeatures, STREAMS } from "../../detectors/learners/streams.ts";
import { createTypedBank } from "../../detectors/learners/typed-bank.ts";
import { openModel } from "../../detectors/lite-rvfl/model.ts";
import { options } from "../../detectors/lite-rvfl/options.ts";
import type { Tensors } from "../../engine/tensors.ts";

const { found, missing } = await everyBackend();
for (const what of missing) test.skip(`lite-rvfl: ${what}`);

/** The stream gauss, whose first change is at 2,500: alarms, accuracy and the last ratio of statistic to threshold. */
async function watch(tensors: Tensors, events: number) {
  const settings = { options: options.parse({ alarms: "gap" }), reference: null, promise: null, seed: 1 };
  const model = openModel(settings, { tensors, embedder: { kind: "none" } }, fixedFeatures);
  const { x, y } = STREAMS.gauss(42);
  const state = model.init("k");
  const alarms: number[] = [];
  let ratio = 0;
  for (let i = 0; i < events; i++) {
    const [outcome] = await model.step([{ state, event: { x: [...x[i]!], y: String(y[i]) }, time: null }]);
    ratio = outcome!.ratio ?? 0;
    if (outcome!.signals.some(({ kind }) => kind === "drift")) alarms.push(i);
  }
  const { accuracy } = model.prequential!()! as { accuracy: number };
  const [saved] = await model.save([state]);
  const [again] = await model.load([saved!]);
  const { x: next, y: label } = { x: [...x[events]!], y: String(y[events]) };
  const one = await model.step([{ state, event: { x: next, y: label }, time: null }]);
  const other = await model.step([{ state: again!, event: { x: next, y: label }, time: null }]);
  expect(other).toEqual(one);
  model.close?.();
  return { alarms, accuracy, ratio };
}

describe.each(found)("lite-rvfl on $name", { timeout: 240_000 }, ({ tensors, runs }) => {
  test("alarms where the exact bank does, and follows as well", async () => {
    const events = runs < 20 ? 600 : 3500;
    const { modelBank: _, ...plain } = found[0]!.tensors;
    const exact = await watch({ ...plain, modelBank: (features) => createTypedBank(features) }, events);
    const own = await watch(tensors, events);
    expect(own.alarms).toEqual(exact.alarms);
    if (events > 3000) expect(own.alarms.length).toBeGreaterThan(0);
    expect(Math.abs(own.accuracy - exact.accuracy)).toBeLessThan(0.002);
    expect(Math.abs(own.ratio - exact.ratio)).toBeLessThan(1e-2 * Math.max(1, Math.abs(exact.ratio)));
  });
});
