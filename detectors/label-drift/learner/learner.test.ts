import { describe, expect, test } from "vitest";
import { createTensors } from "../../../adapters/tensors/create.ts";
import type { Environment, Model, Outcome } from "../../../engine/detector.ts";
import { createRandom, uniform } from "../../statistics/random.ts";
import type { LabelEvent } from "../event.ts";
import { labelDrift } from "../label-drift.ts";
import { eventsOf, labelStream } from "../stream.ts";

const env: Environment = { tensors: createTensors("cpu"), embedder: { kind: "none" } };

function open(options: Record<string, unknown> = {}): Model<LabelEvent> {
  return labelDrift.open(
    { options: labelDrift.options.parse(options), reference: null, promise: null, seed: 1 },
    env,
  ) as Model<LabelEvent>;
}

function feed(model: Model<LabelEvent>, events: Iterable<LabelEvent>, state = model.init("k")): Outcome[] {
  return [...events].map((event) => (model.step([{ state, event, time: null }]) as readonly Outcome[])[0]!);
}

/** Inputs decide the labels; from `turn` on those of c and d by the opposite side. */
function* told(events: number, turn: number, form: (x: number[]) => LabelEvent["x"] & object): Generator<LabelEvent> {
  const random = createRandom("told");
  for (let t = 0; t < events; t++) {
    const x = Array.from({ length: 5 }, () => 2 * uniform(random) - 1);
    const y: string[] = [];
    if (x[0]! + x[1]! > 0) y.push("a", "b");
    if (x[2]! + x[3]! > 0 !== t >= turn) y.push("c", "d");
    yield { x: form(x), y };
  }
}

test("what inputs tell is learnt, test then train; without inputs nothing is claimed", () => {
  const model = open();
  feed(
    model,
    told(1500, 1500, (x) => x),
  );
  const { subsetAccuracy, hamming, microF1, macroF1, exampleF1 } = model.prequential!()!;
  expect(subsetAccuracy).toBeGreaterThan(0.85);
  expect(hamming).toBeLessThan(0.1);
  for (const f1 of [microF1, macroF1, exampleF1]) expect(f1).toBeGreaterThan(0.9);
  const structure = open();
  feed(structure, [{ y: ["a"] }, { y: ["b"] }]);
  expect(structure.prequential!()).toBeNull();
  const first = open();
  feed(first, [{ x: [1], y: ["a"] }]);
  expect(first.prequential!()).toMatchObject({ subsetAccuracy: 0, hamming: 1, microF1: 0 });
});

test("inputs by name, some of which come late and zeros left out, are those by position", () => {
  const byPlace = (x: number[]) => x.map((v) => (v > 0 ? v : 0));
  const byName = (x: number[]) =>
    Object.fromEntries(byPlace(x).flatMap((v, i) => (v === 0 ? [] : [[`f${i}`, v] as const])));
  const first = { x: [1, 2, 3, 4, 5], y: ["a"] };
  const order = { x: { f0: 1, f1: 2, f2: 3, f3: 4, f4: 5 }, y: ["a"] };
  const [place, name] = [open(), open()];
  feed(place, [first, ...told(600, 600, byPlace)]);
  feed(name, [order, ...told(600, 600, byName)]);
  expect(name.prequential!()).toEqual(place.prequential!());
  const late = open();
  feed(late, told(600, 600, byName));
  expect(late.prequential!()!.microF1).toBeGreaterThan(0.8);
});

test("constant, binary and huge inputs, empty label sets and labels that come late do no harm", () => {
  const model = open();
  const state = model.init("k");
  const random = createRandom("odd");
  for (let t = 0; t < 700; t++) {
    const on = uniform(random) < 0.5 ? 1 : 0;
    const x = [7, 0, on, 1e90 * on, uniform(random), -1e-90 * on];
    const y = on === 0 ? [] : t < 350 ? ["a"] : ["a", "late"];
    feed(model, [{ x, y }], state);
  }
  const scores = model.prequential!()!;
  for (const value of Object.values(scores)) expect(Number.isFinite(value)).toBe(true);
  expect(scores.subsetAccuracy).toBeGreaterThan(0.85);
  expect(scores.macroF1).toBeGreaterThan(0.85);
});

test("an input that is not known is taken as its mean so far", () => {
  const known = (x: number[]) => x.map((v, i) => (i === 4 ? 3 : v));
  const missing = (x: number[]) => x.map((v, i) => (i === 4 ? null : v));
  const first = { x: [1, 2, 3, 4, 3], y: ["a"] };
  const [whole, part] = [open(), open()];
  feed(whole, [first, ...told(600, 600, known)]);
  feed(part, [first, ...told(600, 600, missing)]);
  expect(part.prequential!()).toEqual(whole.prequential!());
  const byName = open();
  feed(byName, [
    { x: { f: null, g: 2 }, y: ["a"] },
    { x: { f: 1, g: null }, y: [] },
  ]);
  expect(byName.prequential!()!.hamming).toBe(1);
});

test("inputs of another number or form are refused and change nothing", () => {
  const model = open();
  const state = model.init("k");
  feed(model, [{ x: [1, 2], y: ["a"] }], state);
  const before = model.save([state]);
  const [short, named] = feed(
    model,
    [
      { x: [1], y: ["a"] },
      { x: { p: 1 }, y: ["b"] },
    ],
    state,
  );
  expect(short!.reject?.reason).toBe("wrong-dimension");
  expect(named!.reject?.reason).toBe("wrong-type");
  expect(model.save([state])).toEqual(before);
});

describe("when inputs tell other labels than before, the labels' company unchanged", () => {
  const model = open();
  const said = feed(
    model,
    told(4000, 2000, (x) => x),
  ).flatMap((o, index) =>
    o.signals.map((s) => ({ index, kind: s.kind, labels: s.explanation.labels, summary: s.summary })),
  );
  const local = said.filter((s) => s.kind === "cluster_drift");

  test("that cluster alarms, soon and alone", () => {
    expect(local.length).toBeGreaterThan(0);
    expect(local[0]!.index).toBeGreaterThan(2000);
    expect(local[0]!.index).toBeLessThan(2200);
    for (const { labels } of local) expect(labels).toEqual(["c", "d"]);
    expect(local[0]!.summary).toMatch(/“c”, “d” are predicted worse/);
  });

  test("there is no global alarm", () => {
    expect(said.filter((s) => s.kind === "drift")).toEqual([]);
  });
});

test("a number that is given to another label carries nothing over", () => {
  const model = open({ maxLabels: 12 });
  const state = model.init("k");
  feed(model, eventsOf(labelStream(3, 400, 400), true), state);
  // All vanish but one; then others come.
  feed(
    model,
    [...eventsOf(labelStream(4, 6000, 6000), true)].map(({ x }) => ({ x, y: ["l0"] }) as LabelEvent),
    state,
  );
  const [saved] = model.save([state]) as readonly { version: number; running: Uint8Array; parts: never[] }[];
  const again = (model.load([saved!]) as unknown[])[0];
  const more = [...eventsOf(labelStream(5, 300, 300), true)].map(
    ({ x, y }) => ({ x, y: y.map((l) => `new ${l}`) }) as LabelEvent,
  );
  feed(model, more, state);
  feed(model, more, again);
  expect(model.save([again])).toEqual(model.save([state]));
  expect(model.inspect(state).gauges.label_known).toBe(12);
  expect(model.inspect(state).gauges.label_subset_accuracy).toBeGreaterThan(0.02);
});
