/**
 * False alarms of `label-drift` on label sets that do not change, beside the promise; structure only.
 *   nice node --import tsx bench/label-drift-promise.ts [--events 400000] [--keys 20]
 * `--events` for each law, in streams of events / keys; each has its own blocks, frequencies and sample.
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { labelDrift } from "../detectors/label-drift/label-drift.ts";
import { eventsOf, labelStream } from "../detectors/label-drift/stream.ts";
import { mulberry32 } from "../detectors/learners/streams.ts";
import type { Environment, Model, Outcome } from "../engine/detector.ts";

const env: Environment = { tensors: createTensors("auto"), embedder: { kind: "none" } };

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "400000" },
    keys: { type: "string", default: "20" },
    law: { type: "string" },
  },
});
const events = Number(values.events);
const keys = Number(values.keys);

type Law = (seed: number, n: number) => Iterable<{ y: string[] }>;

/** Labels in blocks that are on together; frequencies by rank as 1/rank^skew, `mean` labels per event. */
function blocks(labels: number, size: number, mean: number, skew: number): Law {
  return function* (seed, n) {
    const u = mulberry32(seed);
    const weight = Array.from({ length: Math.ceil(labels / size) }, (_, k) => (k + 1) ** -skew);
    const total = weight.reduce((a, b) => a + b, 0);
    const rates = weight.map((w) => Math.min(0.6, ((mean / size) * w) / total / 0.8));
    for (let t = 0; t < n; t++) {
      const y: string[] = [];
      for (let k = 0; k < rates.length; k++) {
        const on = u() < rates[k]!;
        for (let l = k * size; l < Math.min(labels, (k + 1) * size); l++) {
          if (u() < (on ? 0.8 : 0.1 * rates[k]!)) y.push(`l${l}`);
        }
      }
      yield { y };
    }
  };
}

const LAWS: Record<string, Law> = {
  "LD, 12 labels": function* (seed, n) {
    for (const { y } of eventsOf(labelStream(seed, n, n), false)) yield { y };
  },
  "12 labels, skewed": blocks(12, 3, 2, 1),
  "100 labels in blocks of 5": blocks(100, 5, 6, 0),
  "100 labels, skewed": blocks(100, 5, 6, 1),
  "100 labels, independent": blocks(100, 1, 5, 0.7),
};

const LEARNT = 4000;
const rows: Record<string, unknown>[] = [];
for (const [name, law] of Object.entries(LAWS)) {
  if (values.law !== undefined && values.law !== name) continue;
  const options = labelDrift.options.parse({ learner: "none" });
  const said: Record<string, number> = {};
  let armed = 0;
  for (let k = 0; k < keys; k++) {
    const model = labelDrift.open({ options, reference: null, promise: null, seed: 1 }, env) as Model;
    const state = model.init(`${k}`);
    let n = 0;
    for (const event of law(77_000 + 10 * k, Math.ceil(events / keys))) {
      const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
      for (const { kind } of outcome!.signals) {
        // Until then clusters are learnt.
        const what = kind === "partition_changed" && n >= LEARNT ? "partition_changed later" : kind;
        said[what] = (said[what] ?? 0) + 1;
      }
      if (++n > 1060) armed++;
    }
  }
  const row = { law: name, events, armed, promise: 50_000, expected: Number((armed / 50_000).toFixed(1)), ...said };
  rows.push(row);
  console.log(JSON.stringify(row));
}
console.table(rows);
