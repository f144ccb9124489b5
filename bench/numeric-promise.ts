/**
 * What `numeric` promises and how soon it sees, on values that come in any order.
 *   nice node --import tsx bench/numeric-promise.ts [--quick] [--tables none,none-delays,bits,auto,auto-delays,auto-ar-delays]
 */
import { parseArgs } from "node:util";
import { numeric } from "../detectors/numeric/numeric.ts";
import { createRandom } from "../detectors/statistics/random.ts";
import type { Model, Outcome } from "../engine/detector.ts";
import { autoregressive, bits, type Draw, draws, garch, normal, rounded } from "./numeric-streams.ts";

const env = undefined as never;

interface Stream {
  next(value: number): Outcome;
}

let keys = 0;
let dependence: "none" | "auto" = "none";
function open(first: number, promise: number): () => Stream {
  const options = numeric.options.parse({ algorithm: "calibrated", dependence });
  const model = numeric.open({ options, reference: { first }, promise, seed: 1 }, env) as Model;
  return () => {
    const state = model.init(`k${keys++}`);
    return { next: (value) => (model.step([{ state, event: { value }, time: null }]) as readonly Outcome[])[0]! };
  };
}

const drifted = (o: Outcome): boolean => o.signals.some((s) => s.kind === "drift");

/** Alarms over references × events each, and the mean run length to the first alarm, uncensored. */
function promiseKept(
  values: string,
  source: (seed: number) => Draw,
  first: number,
  promise: number,
  references: number,
  events: number,
) {
  const stream = open(first, promise);
  let alarms = 0;
  let warnings = 0;
  const runs: number[] = [];
  for (let r = 0; r < references; r++) {
    const x = source(r);
    const s = stream();
    for (let i = 0; i < first; i++) s.next(x());
    let run = 0;
    for (let i = 0; run === 0 || i < events; i++) {
      const o = s.next(x());
      if (o.signals.some((g) => g.kind === "warning")) warnings++;
      if (!drifted(o)) continue;
      if (i < events) alarms++;
      if (run === 0) run = i + 1;
    }
    runs.push(run);
  }
  runs.sort((a, b) => a - b);
  const mean = runs.reduce((a, b) => a + b, 0) / runs.length;
  const sd = Math.sqrt(runs.reduce((a, b) => a + (b - mean) ** 2, 0) / (runs.length - 1));
  const expected = (references * events) / promise;
  return {
    values,
    reference: first,
    promise,
    events: references * events,
    alarms,
    allowed: poissonQuantile(expected, 0.99),
    "mean run": Math.round(mean),
    "99 % bound": Math.round(mean - (2.326 * sd) / Math.sqrt(runs.length)),
    "must be": 0.9 * promise,
    median: runs[runs.length >> 1],
    "worst tenth below": runs[Math.floor(runs.length / 10)],
    "warnings per promise": Number(
      ((warnings * promise) / runs.reduce((a, b) => a + Math.max(b, events), 0)).toFixed(1),
    ),
  };
}

function poissonQuantile(mean: number, level: number): number {
  let p = Math.exp(-mean);
  let sum = p;
  let k = 0;
  while (sum < level) sum += p *= mean / ++k;
  return k;
}

interface Change {
  readonly name: string;
  /** Median delay measured before for a promise of 100,000. */
  readonly spec: number;
  /** Values from a source of normal ones; `since` is below 0 before the change. */
  start(z: Draw): (since: number) => number;
}

function independent(name: string, spec: number, apply: (z: number, since: number) => number): Change {
  return { name, spec, start: (z) => (since) => (since < 0 ? z() : apply(z(), since)) };
}

/** Index of the first changed event. */
const CHANGE_AT = 5000;

const CHANGES: readonly Change[] = [
  independent("mean +.25 sd", 238, (z) => z + 0.25),
  independent("mean +.5 sd", 68, (z) => z + 0.5),
  independent("mean +1 sd", 23, (z) => z + 1),
  independent("sd × 2", 16, (z) => 2 * z),
  independent("sd × 3", 7, (z) => 3 * z),
  independent("sd × 1/2", 37, (z) => z / 2),
  independent("+1 sd over 2,000", 578, (z, since) => z + Math.min(1, since / 2000)),
  // No figure to compare with: for the onset's interval.
  independent("+1 sd over 300", Number.NaN, (z, since) => z + Math.min(1, since / 300)),
  independent("+2 sd over 10,000", Number.NaN, (z, since) => z + since / 5000),
  independent("sd × 2 over 2,000", Number.NaN, (z, since) => z * (1 + Math.min(1, since / 2000))),
  independent("sd × 1/2 over 2,000", Number.NaN, (z, since) => z * (1 - Math.min(1, since / 2000) / 2)),
];

const PHI = 0.9;
const MARGINAL = 1 / Math.sqrt(1 - PHI * PHI);

/** AR(1) that begins in its stationary law; from the change on with another phi, its values or innovations made others. */
function dependent(name: string, spec: number, phi: number, apply: (y: number) => number, innovation = 1): Change {
  return {
    name,
    spec,
    start(z) {
      let y = MARGINAL * z();
      return (since) => {
        y = since < 0 ? PHI * y + z() : phi * y + innovation * z();
        return since < 0 ? y : apply(y);
      };
    },
  };
}

const AR_CHANGES: readonly Change[] = [
  dependent("AR .9: mean +1 marginal sd", 366, PHI, (y) => y + MARGINAL),
  dependent("AR .9: sd × 2", 24, PHI, (y) => 2 * y),
  dependent("AR .9: phi → .3, spread kept", 18, 0.3, (y) => y, MARGINAL * Math.sqrt(1 - 0.3 * 0.3)),
  // No figure to compare with: less than a fifth wider residuals are all that shows.
  dependent("AR .9: phi → .3, innovations kept", Number.NaN, 0.3, (y) => y),
];

/** Median delay of the first alarm after the change; a false one before it starts the run again. */
function delay(change: Change, first: number, promise: number, runs: number) {
  const stream = open(first, promise);
  const delays: number[] = [];
  const errors: number[] = [];
  const widths: number[] = [];
  let inside = 0;
  let missed = 0;
  for (let seed = 0; delays.length + missed < runs; seed++) {
    const value = change.start(normal(createRandom(change.name, first, promise, seed)));
    const s = stream();
    let early = false;
    for (let i = 0; i < CHANGE_AT; i++) early = drifted(s.next(value(i - CHANGE_AT))) || early;
    if (early) continue;
    let found = false;
    for (let i = 0; i < 10_000 && !found; i++) {
      const o = s.next(value(i));
      if (!drifted(o)) continue;
      found = true;
      delays.push(i);
      const { onset } = o.signals[0]!;
      errors.push(Math.abs(onset!.index - CHANGE_AT));
      widths.push(onset!.high - onset!.low);
      if (onset!.low <= CHANGE_AT && onset!.high >= CHANGE_AT) inside++;
    }
    if (!found) missed++;
  }
  const median = (v: number[]): number => v.sort((a, b) => a - b)[v.length >> 1]!;
  const m = median(delays);
  return {
    change: change.name,
    reference: first,
    "median delay": m,
    spec: change.spec,
    ratio: Number((m / change.spec).toFixed(2)),
    missed,
    "median onset error": median(errors),
    "interval's width": median(widths),
    "inside its interval": `${Math.round((100 * inside) / errors.length)} %`,
  };
}

const BITS = [
  [0.2, 0],
  [0.02, 0],
  [0.5, 0],
  [0.2, 0.3],
  [0.2, 0.6],
] as const;

const DEPENDENT: readonly (readonly [string, (z: Draw) => Draw])[] = [
  ["normal", (z) => z],
  ["lognormal", (z) => () => Math.exp(z())],
  ["AR .3", (z) => autoregressive(0.3, z)],
  ["AR .6", (z) => autoregressive(0.6, z)],
  ["AR .9", (z) => autoregressive(0.9, z)],
  ["AR .6 rounded", (z) => rounded(autoregressive(0.6, z))],
  ["GARCH", garch],
];

const RATES = [
  { from: 0.2, to: 0.3, spec: 242 },
  { from: 0.2, to: 0.5, spec: 40 },
  { from: 0.02, to: 0.05, spec: 388 },
] as const;

function rateDelay({ from, to, spec }: (typeof RATES)[number], first: number, promise: number, runs: number) {
  const stream = open(first, promise);
  const delays: number[] = [];
  for (let seed = 0; delays.length < runs; seed++) {
    const x = bits(from, 0, "delay", to, seed);
    const s = stream();
    let early = false;
    for (let i = 0; i < CHANGE_AT; i++) early = drifted(s.next(x())) || early;
    let i = 0;
    while (!early && !drifted(s.next(x(to)))) i++;
    if (!early) delays.push(i);
  }
  delays.sort((a, b) => a - b);
  const m = delays[delays.length >> 1]!;
  return { change: `${from} → ${to}`, "median delay": m, spec, ratio: Number((m / spec).toFixed(2)) };
}

const started = process.cpuUsage();
const { values: args } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    tables: { type: "string", default: "none,none-delays,bits,auto,auto-delays,auto-ar-delays" },
  },
});
const scale = args.quick ? 10 : 1;

const TABLES: Readonly<Record<string, () => unknown>> = {
  none: () =>
    (["normal", "lognormal", "t3"] as const).flatMap((d) => [
      promiseKept(d, (seed) => draws(d, 1500, 10_000, seed), 1500, 10_000, 500 / scale, 10_000),
      promiseKept(d, (seed) => draws(d, 300, 10_000, seed), 300, 10_000, 500 / scale, 10_000),
      promiseKept(d, (seed) => draws(d, 1500, 100_000, seed), 1500, 100_000, 200 / scale, 100_000),
    ]),
  "none-delays": () => [1500, 300].flatMap((first) => CHANGES.map((c) => delay(c, first, 100_000, 400 / scale))),
  bits: () => [
    ...BITS.flatMap(([rate, rho]) =>
      [1500, 300].map((first) =>
        promiseKept(`${rate}, rho ${rho}`, (seed) => bits(rate, rho, first, seed), first, 10_000, 500 / scale, 10_000),
      ),
    ),
    ...RATES.map((c) => rateDelay(c, 1500, 100_000, 400 / scale)),
  ],
  auto: () =>
    DEPENDENT.flatMap(([name, source]) =>
      [1500, 300].map((first) =>
        promiseKept(
          name,
          (seed) => source(normal(createRandom(name, first, seed))),
          first,
          10_000,
          200 / scale,
          10_000,
        ),
      ),
    ),
  "auto-delays": () => CHANGES.map((c) => delay(c, 1500, 100_000, 400 / scale)),
  "auto-ar-delays": () => AR_CHANGES.map((c) => delay(c, 1500, 100_000, 400 / scale)),
};

for (const name of args.tables.split(",")) {
  dependence = name.startsWith("auto") ? "auto" : "none";
  console.log(name);
  console.table(TABLES[name]!());
}
const { user, system } = process.cpuUsage(started);
console.log(`${((user + system) / 1e6).toFixed(0)} s of processor time`);
