/**
 * Whether lite-rvfl stays finite and right for ever on a stream that excites few directions, in float64 and in float32, with
 * a change every 250,000 events: `node --import tsx bench/rvfl-long.ts [events]`
 */
import { createTensors } from "../adapters/tensors/create.ts";
import { mulberry32 } from "../detectors/learners/streams.ts";
import { createTypedBank } from "../detectors/learners/typed-bank.ts";
import { openModel } from "../detectors/lite-rvfl/model.ts";
import { options as schema } from "../detectors/lite-rvfl/options.ts";
import type { Model, Outcome } from "../engine/detector.ts";

const events = Number(process.argv[2] ?? 2_000_000);
const CHANGE = 250_000;
const tensors = createTensors("auto");
const banks = {
  [`float64, ${tensors.backend}`]: tensors,
  "float32, typed arrays": { ...tensors, modelBank: (features: number) => createTypedBank(features, "float32") },
};

for (const [name, own] of Object.entries(banks)) {
  const options = schema.parse({ alarms: "gap", every: 50 });
  const settings = { options, reference: null, promise: 1e6, seed: 1 };
  const model = openModel(settings, { tensors: own, embedder: { kind: "none" } }) as Model;
  const state = model.init("k");
  const u = mulberry32(5);
  let alarms = 0;
  let worst = 0;
  for (let i = 0; i < events; i++) {
    const x = [u(), u()];
    const y = String(x[1]! <= Math.sin(x[0]!) !== (Math.floor(i / CHANGE) % 2 === 1));
    const [outcome] = model.step([{ state, event: { x, y }, time: null }]) as readonly Outcome[];
    alarms += outcome!.signals.filter((s) => s.kind === "drift").length;
    if (i % 10_000 === 9999) {
      const { gauges } = model.inspect(state);
      for (const [gauge, value] of Object.entries(gauges)) {
        if (!Number.isFinite(value)) throw new RangeError(`${name}: ${gauge} is ${value} after ${i} events`);
      }
      worst = Math.max(worst, gauges.rvfl_condition!);
    }
  }
  const accuracy = model.prequential!()!.accuracy!.toFixed(4);
  console.log(
    `${name}: ${events.toLocaleString("en")} events, all gauges finite, accuracy ${accuracy}, ${alarms} alarms of ` +
      `${Math.floor((events - 1) / CHANGE)} changes, condition at most ${worst.toExponential(1)}`,
  );
}
