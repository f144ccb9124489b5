/**
 * `numeric` on many kinds of stationary streams: false alarms against the promise, and what it says of the promise.
 *   nice node --import tsx bench/numeric-dependent.ts [--kinds named|others|unpromised] [--match "AR"] [--references 100]
 *     [--first 1500,300] [--dependence auto|none|regimes]
 * A run ends at its first alarm or after 40,000 events, which is what it counts as then: means are understated.
 */
import { parseArgs } from "node:util";
import { numeric } from "../detectors/numeric/numeric.ts";
import type { Model, Outcome } from "../engine/detector.ts";
import { type Kind, NAMED, OTHERS, UNPROMISED } from "./numeric-kinds.ts";

const PROMISE = 10_000;
const EVENTS = 10_000;
const LONGEST = 40_000;
const START = 1_700_000_000_000;
const SETS = { named: NAMED, others: OTHERS, unpromised: UNPROMISED };

const { values } = parseArgs({
  options: {
    kinds: { type: "string", default: "named,others,unpromised" },
    match: { type: "string", default: "" },
    references: { type: "string", default: "100" },
    first: { type: "string", default: "1500,300" },
    dependence: { type: "string", default: "auto" },
  },
});
const references = Number(values.references);

function measure(kind: Kind, first: number) {
  const options = numeric.options.parse({ dependence: values.dependence, ...kind.options });
  const model = numeric.open({ options, reference: { first }, promise: PROMISE, seed: 1 }, undefined as never) as Model;
  const runs: number[] = [];
  const said: Record<string, number> = { kept: 0, reduced: 0, none: 0 };
  let alarms = 0;
  for (let r = 0; r < references; r++) {
    const x = kind.source(`${first} ${r}`);
    const state = model.init(`k${r}`);
    let time = START;
    const alarm = (): boolean => {
      time += kind.stepMs ?? 60_000;
      const [outcome] = model.step([{ state, event: { value: x() }, time }]) as readonly Outcome[];
      return outcome!.signals.some((s) => s.kind === "drift");
    };
    for (let i = 0; i < first; i++) alarm();
    const { kept } = model.inspect(state).details.promise as { kept: string };
    said[kept] = (said[kept] ?? 0) + 1;
    let run = 0;
    for (let i = 0; (run === 0 && i < LONGEST) || i < EVENTS; i++) {
      if (!alarm()) continue;
      if (i < EVENTS) alarms++;
      if (run === 0) run = i + 1;
    }
    runs.push(run || LONGEST);
  }
  runs.sort((a, b) => a - b);
  const mean = runs.reduce((a, b) => a + b, 0) / references;
  const sd = Math.sqrt(runs.reduce((a, b) => a + (b - mean) ** 2, 0) / (references - 1));
  return {
    stream: kind.name,
    reference: first,
    events: references * EVENTS,
    alarms,
    allowed: poissonQuantile((references * EVENTS) / PROMISE, 0.99),
    "mean run": Math.round(mean),
    "99 % bound": Math.round(mean - (2.326 * sd) / Math.sqrt(references)),
    "worst tenth below": runs[Math.floor(references / 10)],
    ...said,
  };
}

function poissonQuantile(mean: number, level: number): number {
  let p = Math.exp(-mean);
  let sum = p;
  let k = 0;
  while (sum < level) sum += p *= mean / ++k;
  return k;
}

for (const set of values.kinds.split(",") as (keyof typeof SETS)[]) {
  const kinds = SETS[set].filter((kind) => kind.name.includes(values.match));
  console.table(kinds.flatMap((kind) => values.first.split(",").map((first) => measure(kind, Number(first)))));
}
