/**
 * Processor time per event of `numeric`, one key and 10,000 interleaved ones, and the memory and snapshot of a key.
 *   nice node --expose-gc --import tsx bench/numeric-speed.ts [--match adwin]
 */
import { parseArgs } from "node:util";
import { numeric } from "../detectors/numeric/numeric.ts";
import { createRandom } from "../detectors/statistics/random.ts";
import type { Model } from "../engine/detector.ts";
import { normal } from "./numeric-streams.ts";

const { values: args } = parseArgs({ options: { match: { type: "string", default: "" } } });
const env = undefined as never;
const gc = (globalThis as { gc?: () => void }).gc;

function open(options: Record<string, unknown>, first: number | null): Model {
  const reference = first === null ? null : { first };
  return numeric.open({ options: numeric.options.parse(options), reference, promise: null, seed: 1 }, env) as Model;
}

function microseconds(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return user + system;
}

function bytes(): number {
  for (let i = 0; i < 4; i++) gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const values = Float64Array.from({ length: 1 << 16 }, normal(createRandom("speed")));
const bits = values.map((x) => (x > 0.84 ? 1 : 0));
const BATCH = 2048;

/** Events through step() as the engine calls it: in batches in which a key stands once. */
function measure(
  name: string,
  options: Record<string, unknown>,
  binary: boolean,
  keys: number,
  events: number,
  first: number | null = null,
) {
  const model = open(options, first);
  const source = binary ? bits : values;
  const before = bytes();
  const states = Array.from({ length: keys }, (_, i) => model.init(`k${i}`));
  const run = (n: number, from: number): void => {
    const size = Math.min(keys, BATCH);
    for (let i = 0; i < n; i += size) {
      const batch = [];
      for (let j = 0; j < size; j++) {
        const at = from + i + j;
        batch.push({ state: states[at % keys], event: { value: source[at & 0xffff]! }, time: null });
      }
      model.step(batch);
    }
  };
  const warm = keys * ((first ?? 0) + 64);
  run(warm, 0);
  const memory = bytes() - before;
  const spent = microseconds(() => run(events, warm));
  const saved = model.save(states.slice(0, 100)) as readonly { running: Uint8Array }[];
  return {
    name,
    ...(first === null ? {} : { reference: first }),
    keys,
    events,
    "µs an event": Number((spent / events).toFixed(3)),
    "million a second": Number((events / spent).toFixed(2)),
    "bytes a key": keys > 1 && gc ? Math.round(memory / keys) : null,
    "bytes a snapshot": Math.round(saved.reduce((sum, s) => sum + s.running.length, 0) / saved.length),
  };
}

const ALGORITHMS: readonly [string, boolean][] = [
  ["adwin", false],
  ["page-hinkley", false],
  ["kswin", false],
  ["ddm", true],
  ["eddm", true],
  ["hddm-a", true],
  ["hddm-w", true],
];
const wanted = (name: string): boolean => name.includes(args.match);
const calibrated = (["none", "auto"] as const).map((dependence) => ({ name: `dependence ${dependence}`, dependence }));
console.table(
  calibrated
    .filter(({ name }) => wanted(name))
    .flatMap(({ name, dependence }) =>
      [300, 1500].flatMap((first) =>
        [1, 10_000].map((keys) =>
          measure(name, { algorithm: "calibrated", dependence }, false, keys, 3_000_000, first),
        ),
      ),
    ),
);
console.table(
  ALGORITHMS.filter(([name]) => wanted(name)).flatMap(([algorithm, binary]) => [
    measure(algorithm, { algorithm }, binary, 1, 3_000_000),
    measure(algorithm, { algorithm }, binary, 10_000, 3_000_000),
  ]),
);
