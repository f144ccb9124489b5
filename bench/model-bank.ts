/**
 * Process CPU per event of the model bank beside the same in numpy, one core, in one run: D features, weights solved every 10
 * events; one stream, and many in a bank. In pairs, best and median of the rounds. Memory per stream beside it.
 *   PYTHON=…/python node --expose-gc --import tsx bench/model-bank.ts [--features 110] [--outputs 2] [--streams 256] [--rounds 5]
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createWasmModelBank } from "../adapters/tensors/wasm-models.ts";
import { mulberry32 } from "../detectors/learners/streams.ts";
import { createTypedBank } from "../detectors/learners/typed-bank.ts";
import type { ModelBank, ModelSums, Slot } from "../engine/model-bank.ts";

const { values: args } = parseArgs({
  options: {
    features: { type: "string", default: "110" },
    outputs: { type: "string", default: "2" },
    streams: { type: "string", default: "256" },
    rounds: { type: "string", default: "5" },
  },
});
const features = Number(args.features);
const outputs = Number(args.outputs);
const streams = Number(args.streams);
const EVERY = 10;
const DECAY = 1.003 ** -2;
const gc = (globalThis as { gc?: () => void }).gc;
const python = process.env.PYTHON;
if (python === undefined) console.warn("SKIPPED: numpy, PYTHON names no interpreter");

type Figures = Readonly<Record<string, number>>;

const rounds = Array.from({ length: Number(args.rounds) }, () => ({ ours: ours(), numpy: numpy() }));
console.log(
  `D = ${features}, C = ${outputs}, solved every ${EVERY} events, process CPU, µs per event and stream, best / median`,
);
const all = rounds.map((round) => ({ ...round.ours, ...round.numpy }));
for (const name of Object.keys(all[0]!)) {
  const values = all.map((round) => round[name]!);
  console.log(
    `  ${name.padEnd(52)} ${Math.min(...values)
      .toFixed(1)
      .padStart(7)} ${median(values).toFixed(1).padStart(7)}`,
  );
}
if (python !== undefined) {
  ratio("one stream, float64 SIMD", "numpy float64, one stream", 0.5);
  ratio(`bank of ${streams}, float64 SIMD`, "numpy float64, one stream", 0.35);
  ratio(`bank of ${streams}, float64 SIMD`, `numpy float64, bank of ${streams}`, 0.35);
}
memory();

function ours(): Figures {
  return {
    "one stream, float64 SIMD": perEvent(createWasmModelBank(features), 1, 20_000),
    "one stream, float64 typed arrays": perEvent(createTypedBank(features), 1, 5000),
    "one stream, float32 sums, typed arrays": perEvent(createTypedBank(features, "float32"), 1, 5000),
    [`bank of ${streams}, float64 SIMD`]: perEvent(createWasmModelBank(features), streams, 20_000),
  };
}

/** Events come one by one and are learnt ten at a time, which is the same to rounding (see the tests of the learner). */
function perEvent(bank: ModelBank, many: number, events: number): number {
  const slots = opened(bank, many);
  const u = mulberry32(1);
  const rows = Float64Array.from({ length: EVERY * features }, u);
  const targets = Float64Array.from({ length: EVERY * outputs }, (_, i) => (i % outputs === 0 ? 1 : 0));
  const batch = slots.map((slot) => ({ slot, events: EVERY, rows, targets }));
  const steps = Math.max(2, Math.round(events / many / EVERY));
  void bank.update(batch);
  const before = process.cpuUsage();
  for (let i = 0; i < steps; i++) void bank.update(batch);
  const { user, system } = process.cpuUsage(before);
  bank.dispose();
  return (user + system) / (steps * many * EVERY);
}

function numpy(): Figures {
  if (python === undefined) return {};
  const script = fileURLToPath(new URL("model-bank.py", import.meta.url));
  const out = execFileSync(python, [script, args.features, args.outputs, args.streams], { encoding: "utf8" });
  return JSON.parse(out) as Figures;
}

function ratio(own: string, other: string, limit: number): void {
  const pairs = rounds.map((round) => round.ours[own]! / round.numpy[other]!);
  console.log(`  ${own} / ${other}: median of pairs ${median(pairs).toFixed(2)} (limit ${limit})`);
}

function memory(): void {
  if (gc === undefined) {
    console.warn("SKIPPED: memory, start node with --expose-gc");
    return;
  }
  // Nothing is freed between the measurements.
  const kept = new Set<unknown>();
  const limit = 4 * features ** 2 + 10 * 1024;
  for (const [name, create, factor] of [
    ["float64 SIMD", createWasmModelBank, 2],
    ["float32 typed arrays", (d: number) => createTypedBank(d, "float32"), 1],
  ] as const) {
    const bank = create(features);
    const [first] = opened(bank, 1);
    train(bank, first!);
    const before = bytes();
    const slots = opened(bank, streams);
    for (const slot of slots) train(bank, slot);
    const each = (bytes() - before) / slots.length;
    const [sums] = bank.read([slots[0]!]) as readonly ModelSums[];
    const snapshot = sums!.gram.byteLength + sums!.moments.byteLength;
    console.log(
      `  memory per stream, ${name}: ${Math.round(each)} bytes (limit ${limit * factor}); its sums as a snapshot: ${snapshot}`,
    );
    kept.add(bank).add(slots);
  }
}

function train(bank: ModelBank, slot: Slot): void {
  const rows = new Float64Array(EVERY * features).fill(0.5);
  void bank.update([{ slot, events: EVERY, rows, targets: new Float64Array(EVERY * outputs) }]);
}

function opened(bank: ModelBank, many: number): Slot[] {
  return Array.from({ length: many }, () => bank.open({ outputs, decay: DECAY, ridge: 1 }));
}

function bytes(): number {
  for (let i = 0; i < 4; i++) gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
