/**
 * One promise over many keys: what `falseAlarms … per: monitor` and `falseDiscoveries` promise, and what is measured.
 *   nice node --import tsx bench/many-streams.ts
 */
import { numeric } from "../detectors/numeric/numeric.ts";
import { createRandom, uniform } from "../detectors/statistics/random.ts";
import type { Model, Outcome } from "../engine/detector.ts";
import { freshLedger, note, promiseAt, type SharedPromise } from "../engine/shared-promise.ts";
import { normal } from "./numeric-streams.ts";

const FIRST = 300;
const DAY_MS = 86_400_000;

interface Setup {
  readonly name: string;
  readonly keys: number;
  readonly shared: SharedPromise | null;
  readonly promise: number;
  /** Events of all keys after the references. */
  readonly events: number;
  /** Of the keys that may change, chance at each event that one does; it lasts `lasting` of its events. */
  readonly change?: number;
  readonly shift?: number;
  /** Keys see the same noise in groups of so many. */
  readonly together?: number;
  /** Milliseconds of event time between two events of the stream. */
  readonly every?: number;
}

const LASTING = 600;
const TAIL = 100;

function run({ keys, shared, promise, events, change = 0, shift = 1, together = 1, every = 1 }: Setup, seed: number) {
  const options = numeric.options.parse({ dependence: "none" });
  const model = numeric.open({ options, reference: { first: FIRST }, promise, seed }, undefined as never) as Model;
  const random = createRandom("many streams", seed);
  const noise = Array.from({ length: Math.ceil(keys / together) }, (_, g) =>
    normal(createRandom("noise", `${seed}:${g}`)),
  );
  const shocks = new Float64Array(noise.length);
  const states = Array.from({ length: keys }, (_, k) => model.init(`k${k}`));
  const seen = new Float64Array(keys);
  const changedAt = new Float64Array(keys).fill(Number.NEGATIVE_INFINITY);
  const told = new Uint8Array(keys);
  const ledger = freshLedger();
  let [falseOnes, trueOnes, changes, delays] = [0, 0, 0, 0];
  // Shares of false alarms in stretches of the patience.
  const patience = shared?.kind === "discoveries" ? shared.events : 100_000;
  const shares: number[] = [];
  let [v, r] = [0, 0];
  const total = keys * FIRST + events;
  for (let i = 0; i < total; i++) {
    const key = i % keys;
    const group = Math.floor(key / together);
    if (key % together === 0) shocks[group] = noise[group]!();
    const n = seen[key]!++;
    const age = n - changedAt[key]!;
    const watched = n >= FIRST;
    if (watched && change > 0 && age > LASTING + 2_000 && uniform(random) < change) {
      changedAt[key] = n;
      told[key] = 0;
      changes++;
    }
    const changed = n - changedAt[key]! < LASTING;
    const value = shocks[group]! + (changed ? shift : 0);
    const item = { state: states[key]!, event: { value }, time: i * every };
    const now = shared && promiseAt(shared, ledger, i);
    const [outcome] = model.step([now === null ? item : { ...item, promise: now }]) as readonly Outcome[];
    const alarm = outcome!.signals.some((s) => s.kind === "drift");
    note(ledger, i * every, alarm ? 1 : 0);
    if (alarm) {
      r++;
      if (n - changedAt[key]! < LASTING + TAIL) {
        if (told[key] === 0) delays += n - changedAt[key]!;
        trueOnes += told[key] === 0 ? 1 : 0;
        told[key] = 1;
      } else {
        falseOnes++;
        v++;
      }
    }
    if (i >= keys * FIRST && (i - keys * FIRST + 1) % patience === 0) {
      shares.push(v / Math.max(1, r));
      [v, r] = [0, 0];
    }
  }
  return {
    falseOnes,
    trueOnes,
    changes,
    delay: delays / Math.max(1, trueOnes),
    shares,
    days: (events * every) / DAY_MS,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}

function rates(setup: Setup): Record<string, unknown> {
  const { falseOnes, days } = run(setup, 1);
  const { shared, events, promise, keys } = setup;
  const inDays = shared?.kind === "days";
  return {
    keys,
    promise: inDays ? `1 in ${shared.days} days` : `1 in ${promise} events`,
    per: setup.name,
    "false alarms": falseOnes,
    measured: inDays
      ? `1 in ${(days / Math.max(1, falseOnes)).toFixed(1)} days`
      : `1 in ${Math.round(events / Math.max(1, falseOnes))}`,
    of: inDays ? `${days.toFixed(0)} days` : `${events} events`,
  };
}

function discoveries(setup: Setup, runs: number): Record<string, unknown> {
  const all = Array.from({ length: runs }, (_, seed) => run(setup, seed + 1));
  const shares = all.flatMap((a) => a.shares);
  const sum = (of: (a: (typeof all)[number]) => number) => all.reduce((total, a) => total + of(a), 0);
  const { falseOnes, trueOnes, changes } = {
    falseOnes: sum((a) => a.falseOnes),
    trueOnes: sum((a) => a.trueOnes),
    changes: sum((a) => a.changes),
  };
  const sd = Math.sqrt(average(shares.map((s) => (s - average(shares)) ** 2)) / shares.length);
  return {
    setting: setup.name,
    stretches: shares.length,
    changes,
    found: changes === 0 ? "-" : `${((100 * trueOnes) / changes).toFixed(1)} %`,
    "delay (events of the key)":
      changes === 0 ? "-" : Math.round(sum((a) => a.delay * a.trueOnes) / Math.max(1, trueOnes)),
    "false alarms": falseOnes,
    "mean share of false ones": average(shares).toFixed(3),
    "± (99 %)": (2.576 * sd).toFixed(3),
    "of all alarms": (falseOnes / Math.max(1, falseOnes + trueOnes)).toFixed(3),
  };
}

const started = performance.now();
const perDay = (days: number): SharedPromise => ({ kind: "days", days, lanes: () => 1 });
console.table([
  rates({ name: "monitor", keys: 1, shared: null, promise: 2_000, events: 2_000_000 }),
  rates({ name: "monitor", keys: 20, shared: null, promise: 2_000, events: 2_000_000 }),
  rates({ name: "monitor", keys: 1_000, shared: null, promise: 2_000, events: 2_000_000 }),
  rates({ name: "monitor", keys: 20, shared: perDay(0.5), promise: 100, events: 4_000_000, every: 8_640 }),
  rates({ name: "monitor", keys: 200, shared: perDay(0.5), promise: 100, events: 4_000_000, every: 8_640 }),
]);
const share: SharedPromise = { kind: "discoveries", rate: 0.1, events: 100_000 };
const promise = 1_000_000;
const base = { keys: 500, shared: share, promise, events: 1_000_000 };
const alone = { ...base, shared: null, promise: 2_000 };
console.table([
  discoveries({ ...base, name: "falseDiscoveries .1, no change", change: 0 }, 4),
  discoveries({ ...base, name: "falseDiscoveries .1, few changes", change: 1e-5 }, 4),
  discoveries({ ...base, name: "falseDiscoveries .1, many", change: 3e-4 }, 4),
  discoveries({ ...base, name: "falseDiscoveries .1, many, keys in tens alike", change: 3e-4, together: 10 }, 4),
  discoveries({ ...base, name: "falseDiscoveries .1, many, small (.5 sd)", change: 3e-4, shift: 0.5 }, 4),
  discoveries({ ...alone, name: "falseAlarms 2,000 events, no change", change: 0 }, 4),
  discoveries({ ...alone, name: "falseAlarms 2,000 events, few changes", change: 1e-5 }, 4),
  discoveries({ ...alone, name: "falseAlarms 2,000 events, many", change: 3e-4 }, 4),
]);
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
