import { createHash } from "node:crypto";
import { createTensors } from "../../adapters/tensors/create.ts";
import { hash32 } from "../../detectors/statistics/random.ts";
import { snapshotOf } from "../../engine/bank.ts";
import type { Detector, Inspection, Model, Outcome } from "../../engine/detector.ts";

export interface Plan {
  /** Length of the next batch handed to prepare(), given events done so far. */
  readonly batch?: (done: number) => number;
  /** Save and load all states before this event. */
  readonly reloadAt?: (done: number) => boolean;
  /** Key of an event. */
  readonly key?: (index: number) => string;
  /** Event time of an event, in seconds since the start; its index unless given. */
  readonly second?: (index: number) => number;
  /** Called with each event after its step. */
  readonly after?: (event: unknown) => void;
  readonly inspect?: (inspection: Inspection) => void;
}

export interface Ran {
  /** One line per signal: what was said, where. */
  readonly said: readonly string[];
  readonly ratios: readonly number[];
  /** Hash of running part and parts, per key. */
  readonly snapshots: Readonly<Record<string, string>>;
  readonly bytes: number;
}

export async function openExample(detector: Detector, first?: number): Promise<Model> {
  const { example } = detector;
  const options = detector.options.parse(example.options);
  return detector.open(
    {
      options,
      reference: first === undefined ? (example.reference ?? null) : { first },
      promise: example.falseAlarms?.events ?? null,
      seed: hash32("laws"),
    },
    { tensors: createTensors("cpu"), embedder: { kind: "hash" } },
  );
}

/** Runs events through a model as the engine does: prepare per batch, then waves in which a key stands once. */
export async function runModel(detector: Detector, events: readonly unknown[], plan: Plan = {}): Promise<Ran> {
  const model = await openExample(detector);
  const states = new Map<string, unknown>();
  const said: string[] = [];
  const ratios: number[] = [];
  let done = 0;
  while (done < events.length) {
    const size = Math.max(1, Math.min(plan.batch?.(done) ?? 1, events.length - done));
    if (plan.reloadAt?.(done)) await reload(detector, model, states);
    const items = events.slice(done, done + size).map((event, i) => {
      const key = plan.key?.(done + i) ?? "k";
      if (!states.has(key)) states.set(key, model.init(key));
      return {
        key,
        event,
        state: states.get(key),
        time: 1_700_000_000_000 + (plan.second?.(done + i) ?? done + i) * 1000,
      };
    });
    const prepared = (await model.prepare?.(items.map(({ state, event, time }) => ({ state, event, time })))) ?? null;
    for (let from = 0; from < items.length; ) {
      const seen = new Set<string>();
      let to = from;
      while (to < items.length && !seen.has(items[to]!.key)) seen.add(items[to++]!.key);
      const wave = items
        .slice(from, to)
        .map(({ state, event, time }, i) => ({ state, event, time, prepared: prepared?.[from + i] }));
      const outcomes: readonly Outcome[] = await model.step(wave);
      outcomes.forEach((outcome, i) => {
        ratios.push(outcome.ratio);
        for (const s of outcome.signals) said.push(`${done + from + i} ${items[from + i]!.key} ${JSON.stringify(s)}`);
        plan.after?.(items[from + i]!.event);
        if (plan.inspect) plan.inspect(model.inspect(items[from + i]!.state));
      });
      from = to;
    }
    done += size;
  }
  const snapshots: Record<string, string> = {};
  let bytes = 0;
  for (const [key, state] of states) {
    const [s] = await model.save([state]);
    bytes += s!.running.length + s!.parts.reduce((sum, p) => sum + p.bytes.length, 0);
    const hash = createHash("sha256")
      .update(s!.running)
      .update(s!.parts.map((p) => p.hash).join(" "));
    snapshots[key] = hash.digest("hex");
  }
  model.close?.();
  return { said, ratios, snapshots, bytes };
}

async function reload(detector: Detector, model: Model, states: Map<string, unknown>): Promise<void> {
  const keys = [...states.keys()];
  const saved = await model.save(keys.map((k) => states.get(k)));
  const copies = saved.map((s) => {
    // As a database driver returns them: Buffers inside a pool.
    const parts = s.parts.map((p) => ({
      hash: p.hash,
      bytes: Buffer.concat([Buffer.of(1, 2, 3), p.bytes]).subarray(3),
    }));
    return snapshotOf(detector, { key: "", blob: new Uint8Array(), parts }, s.version, s.running.slice());
  });
  model.release?.(keys.map((k) => states.get(k)));
  const loaded = await model.load(copies);
  for (const [i, k] of keys.entries()) states.set(k, loaded[i]);
}
