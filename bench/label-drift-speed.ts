/**
 * Process CPU per event of `label-drift`, the size of its state and the time to save it.
 *   DATASETS_DIR=… PYTHON=… nice node --import tsx bench/label-drift-speed.ts
 * The ensemble on yeast alternates with numpy (label-drift-peers.py) in one run: the machine's speed is the same for both.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createTensors } from "../adapters/tensors/create.ts";
import { labelDrift } from "../detectors/label-drift/label-drift.ts";
import { eventsOf, labelStream } from "../detectors/label-drift/stream.ts";
import { mulberry32 } from "../detectors/learners/streams.ts";
import type { Environment, Model, Snapshot } from "../engine/detector.ts";
import { readArff } from "../test/support/arff.ts";

const env: Environment = { tensors: createTensors("auto"), embedder: { kind: "none" } };

type Events = readonly { x?: number[]; y: string[] }[];

/** Active labels of ranks by frequency ∝ 1/(rank + 10), or all alike; half of them in company of their neighbours. */
function sparse(labels: number, active: number, skewed: boolean, events: number): Events {
  const u = mulberry32(labels);
  const draw = (): number =>
    skewed ? Math.min(labels - 1, Math.floor(10 * ((labels / 10 + 1) ** u() - 1))) : Math.floor(u() * labels);
  return Array.from({ length: events }, () => {
    const set = new Set<string>();
    while (set.size < active) {
      const l = draw();
      set.add(`l${l}`);
      if (set.size < active && u() < 0.5) set.add(`l${l ^ 1}`);
    }
    return { y: [...set] };
  });
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function measure(
  what: string,
  events: Events,
  options: Record<string, unknown>,
  warm: number,
): Record<string, unknown> {
  const model = labelDrift.open(
    { options: labelDrift.options.parse(options), reference: null, promise: null, seed: 1 },
    env,
  ) as Model;
  const state = model.init("k");
  let from = cpu();
  for (const [i, event] of events.entries()) {
    if (i === warm) from = cpu();
    model.step([{ state, event, time: null }]);
  }
  const spent = (cpu() - from) / (events.length - warm);
  const saving = cpu();
  const [snapshot] = model.save([state]) as readonly Snapshot[];
  const saved = cpu() - saving;
  return {
    what,
    events: events.length - warm,
    "µs an event": Number(spent.toFixed(2)),
    "events a second": Math.round(1e6 / spent),
    "running KiB": Math.round(snapshot!.running.length / 1024),
    "parts KiB": Math.round(snapshot!.parts.reduce((n, p) => n + p.bytes.length, 0) / 1024),
    "save ms": Number((saved / 1000).toFixed(1)),
  };
}

/** The median of five runs after one that compiles: the machine is shared. */
function steady(...what: Parameters<typeof measure>): ReturnType<typeof measure> {
  measure(...what);
  const runs = Array.from({ length: 5 }, () => measure(...what));
  return runs.sort((a, b) => Number(a["µs an event"]) - Number(b["µs an event"]))[2]!;
}

const none = { learner: "none" };
const rows = [
  steady("structure, LD, 12 labels", [...eventsOf(labelStream(1, 60_000, 60_000), false)], none, 5000),
  steady("structure, 14 labels, 4 on", sparse(14, 4, true, 100_000), none, 5000),
  steady("structure, 1,000 labels alike, 4 on", sparse(1000, 4, false, 30_500), none, 8000),
  steady("structure, 1,000 labels skewed, 4 on", sparse(1000, 4, true, 30_500), none, 8000),
  steady("structure, 4,000 labels alike, 4 on", sparse(4000, 4, false, 30_500), none, 8000),
  steady("structure, 4,000 labels skewed, 5 on", sparse(4000, 5, true, 30_500), none, 8000),
  steady("structure, 4,000 labels skewed, 10 on", sparse(4000, 10, true, 20_000), none, 5000),
];
const folder = process.env.DATASETS_DIR;
if (!folder) console.warn("SKIPPED: the learners on yeast and emotions, set DATASETS_DIR");
else {
  for (const name of ["emotions", "yeast"]) {
    const events = readArff(join(folder, `${name}.arff`), join(folder, `${name}.xml`));
    for (const learner of ["ensemble", "quality", "tree", "none"]) {
      rows.push(steady(`${learner}, ${name}`, events, { learner }, 0));
    }
  }
}
console.table(rows);

/** Medians over pairs, and the least: the rest is what else ran on the machine. */
const python = process.env.PYTHON;
if (!folder || !python) console.warn("SKIPPED: beside numpy, set DATASETS_DIR and PYTHON");
else {
  const events = readArff(join(folder, "yeast.arff"), join(folder, "yeast.xml"));
  const input = events.map((event) => JSON.stringify(event)).join("\n");
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1" };
  const pairs = Array.from({ length: 7 }, () => {
    const ran = spawnSync(python, [join(import.meta.dirname, "label-drift-peers.py")], {
      input,
      env,
      encoding: "utf8",
    });
    if (ran.status !== 0) throw new TypeError(ran.stderr);
    const { micros } = JSON.parse(ran.stdout) as { micros: number };
    return { numpy: micros, ensemble: Number(measure("", events, {}, 0)["µs an event"]) };
  });
  const told = (name: "numpy" | "ensemble"): string => {
    const all = pairs.map((pair) => pair[name]).sort((a, b) => a - b);
    return `${Math.round(all[3]!)} (${Math.round(all[0]!)} to ${Math.round(all[6]!)})`;
  };
  console.table([
    { "yeast, µs an event": "median (least to most) of 7 pairs", ensemble: told("ensemble"), numpy: told("numpy") },
  ]);
}
