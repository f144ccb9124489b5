/**
 * What `label-drift` finds and what it tells falsely; structure only.
 *   nice node --import tsx bench/label-drift-facts.ts [--seeds 24]
 * LD: the stream of detectors/label-drift/stream.ts, three changes each. Rare: 300 labels of which none comes 20 times in 1,000
 * events (so company.ts alone is at work), half of them in company; from event 8,000 on in the company of another.
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { labelDrift } from "../detectors/label-drift/label-drift.ts";
import { eventsOf, labelStream } from "../detectors/label-drift/stream.ts";
import { mulberry32 } from "../detectors/learners/streams.ts";
import type { Environment, Model, Outcome } from "../engine/detector.ts";

const env: Environment = { tensors: createTensors("auto"), embedder: { kind: "none" } };

const { values } = parseArgs({ options: { seeds: { type: "string", default: "24" } } });
const seeds = Number(values.seeds);
const WITHIN = 250;

function open(): Model {
  const options = labelDrift.options.parse({ learner: "none" });
  return labelDrift.open({ options, reference: null, promise: null, seed: 1 }, env) as Model;
}

/** Events at which `drift` was told; `each` after every event. */
function alarms(
  events: Iterable<{ y: string[] }>,
  each?: (event: number, model: Model, state: unknown) => void,
): number[] {
  const model = open();
  const state = model.init("k");
  const at: number[] = [];
  let t = 0;
  for (const event of events) {
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    if (outcome!.signals.some(({ kind }) => kind === "drift")) at.push(t);
    each?.(t, model, state);
    t++;
  }
  return at;
}

function score(all: readonly number[][], changes: readonly number[]): Record<string, number> {
  const delays: number[] = [];
  let told = 0;
  for (const at of all) {
    told += at.length;
    for (const change of changes) {
      const first = at.find((t) => t >= change && t < change + WITHIN);
      if (first !== undefined) delays.push(first - change);
    }
  }
  delays.sort((a, b) => a - b);
  const found = delays.length;
  return {
    changes: all.length * changes.length,
    found,
    "median delay": delays[found >> 1] ?? Number.NaN,
    others: told - found,
  };
}

function rare(seed: number, events: number, change: number): Iterable<{ y: string[] }> {
  const u = mulberry32(seed);
  return Array.from({ length: events }, (_, t) => {
    const y = new Set<string>();
    while (y.size < 4) {
      const l = Math.floor(u() * 300);
      y.add(`l${l}`);
      if (y.size < 4 && u() < 0.5) y.add(`l${t < change ? l ^ 1 : (l ^ 1) < 298 ? (l ^ 1) + 2 : (l ^ 1) - 298}`);
    }
    return { y: [...y] };
  });
}

let looks = 0;
let exact = 0;
const drifting = Array.from({ length: seeds }, (_, k) => {
  const stream = labelStream(500 + 10 * k);
  const truth = stream.blocks.map((map) =>
    partitionText([0, 1, 2].map((b) => [...map.keys()].filter((l) => map[l] === b))),
  );
  return alarms(eventsOf(stream, false), (t, _model, state) => {
    if ((t + 1) % 500 !== 0 || t + 1 < 500 || (t + 1) % 2000 === 0 || (t + 1) % 2000 < 500) return;
    const { labels, partition } = state as never as {
      labels: { names: string[] };
      partition: { clusters: { labels: number[] }[] };
    };
    looks++;
    const clusters = partition.clusters.map((c) => c.labels.map((i) => Number(labels.names[i]!.slice(1))));
    if (partitionText(clusters) === truth[Math.floor(t / 2000)]) exact++;
  });
});

function partitionText(clusters: readonly (readonly number[])[]): string {
  return clusters
    .map((c) => [...c].sort((a, b) => a - b).join())
    .sort()
    .join(" ");
}

const quiet = 50_000;
console.table([
  { stream: "LD, changes", ...score(drifting, [2000, 4000, 6000]), "clusters exact": `${exact} of ${looks}` },
  {
    stream: `LD, none in ${seeds * quiet}`,
    ...score(
      Array.from({ length: seeds }, (_, k) => alarms(eventsOf(labelStream(9000 + 10 * k, quiet, quiet), false))),
      [],
    ),
  },
  {
    stream: "rare, changes",
    ...score(
      Array.from({ length: seeds }, (_, k) => alarms(rare(70 + k, 10_000, 8000))),
      [8000],
    ),
  },
  {
    stream: `rare, none in ${seeds * quiet}`,
    ...score(
      Array.from({ length: seeds }, (_, k) => alarms(rare(700 + k, quiet, quiet))),
      [],
    ),
  },
]);
