import { describe, expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Environment, Model, Outcome, Snapshot } from "../../engine/detector.ts";
import { mulberry32 } from "../learners/streams.ts";
import { createCompany, leaveCompany, observeCompany } from "./company.ts";
import type { LabelEvent } from "./event.ts";
import { labelDrift } from "./label-drift.ts";

const env: Environment = { tensors: createTensors("cpu"), embedder: { kind: "none" } };

/** 4 of 300 labels an event, half of them with a partner; none comes 20 times in 1,000 events. From `turn` on another partner. */
function* rare(seed: number, events: number, turn: number): Generator<{ y: string[] }> {
  const u = mulberry32(seed);
  for (let t = 0; t < events; t++) {
    const y = new Set<string>();
    while (y.size < 4) {
      const l = Math.floor(u() * 300);
      y.add(`l${l}`);
      if (y.size < 4 && u() < 0.5) y.add(`l${t < turn ? l ^ 1 : ((l ^ 1) + 2) % 300}`);
    }
    yield { y: [...y] };
  }
}

/** Whether the event tells, and whether a rare label is in company, by the definition. */
function told(event: readonly number[], sample: readonly (readonly number[])[], known: Uint8Array): [boolean, boolean] {
  const together = (i: number, j: number): number => sample.filter((set) => set.includes(i) && set.includes(j)).length;
  const labels = [...known.keys()];
  const rareOnes = event.filter((i) => known[i] === 0);
  const tells = rareOnes.some((i) => labels.some((j) => j !== i && together(i, j) >= 2));
  return [tells, rareOnes.some((i) => event.some((j) => j !== i && together(i, j) >= 2))];
}

test("what the sample's events tell is what they would tell to the others; later events tell by all of it", () => {
  const u = mulberry32(5);
  const labels = 30;
  const draw = (): number[] => {
    const set = new Set<number>();
    while (set.size < 3) {
      const l = Math.floor(u() * labels);
      set.add(l);
      if (u() < 0.7) set.add(l ^ 1);
    }
    return [...set].sort((a, b) => a - b);
  };
  const sample = Array.from({ length: 120 }, draw);
  const known = Uint8Array.from({ length: labels }, (_, i) => (i < 4 ? 1 : 0));
  const starts = [0];
  for (const set of sample) starts.push(starts.at(-1)! + set.length);
  const company = createCompany(sample.flat(), starts, known, labels)!;
  const wanted = sample.map((set, k) => told(set, sample.toSpliced(k, 1), known));
  expect(company.told).toBe(wanted.filter(([tells]) => tells).length);
  expect(company.kept).toBe(wanted.filter(([, kept]) => kept).length);
  leaveCompany(company, 9);
  for (let t = 0; t < 200; t++) {
    const set = draw();
    const present = new Uint8Array(labels);
    for (const i of set) present[i] = 1;
    const before = [company.told, company.kept];
    observeCompany(company, Uint16Array.from(set), set.length, present);
    const [tells, kept] = told(
      set.filter((i) => i !== 9),
      sample,
      known,
    );
    if (set.includes(9)) continue;
    expect([company.told - before[0]!, company.kept - before[1]!]).toEqual([Number(tells), Number(kept)]);
  }
});

describe("300 labels, none of which comes 20 times in the sample", () => {
  const open = (): Model<LabelEvent> =>
    labelDrift.open(
      { options: labelDrift.options.parse({ learner: "none" }), reference: null, promise: null, seed: 1 },
      env,
    ) as Model<LabelEvent>;

  test.each([71, 72])("that come with others are found, seed %i, and before there is no alarm", (seed) => {
    const model = open();
    let state = model.init("k");
    const drifts: { index: number; onset: { low: number; high: number }; by: unknown; rare: unknown }[] = [];
    let index = 0;
    for (const event of rare(seed, 3000, 2600)) {
      if (index % 700 === 690) {
        const saved = model.save([state]) as readonly Snapshot[];
        state = (model.load(saved) as unknown[])[0] as typeof state;
        expect(model.save([state])).toEqual(saved);
      }
      const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
      for (const { kind, onset, explanation } of outcome!.signals)
        if (kind === "drift") drifts.push({ index, onset: onset!, by: explanation.by, rare: explanation.rare });
      index++;
    }
    expect(drifts.length).toBe(1);
    const [{ index: at, onset, by, rare: share }] = drifts as [(typeof drifts)[number]];
    expect(at).toBeGreaterThanOrEqual(2600);
    expect(at).toBeLessThan(2700);
    expect(onset.low).toBeLessThanOrEqual(2600);
    expect(onset.high).toBeGreaterThan(2580);
    expect(by).toBe("company");
    const { share: now, before } = share as { share: number; before: number };
    expect(now).toBeLessThan(before - 0.1);
  });

  test("what promises is said, and the sample is a part that is written once", () => {
    const model = open();
    const state = model.init("k");
    const last: string[] = [];
    let n = 0;
    for (const event of rare(80, 1500, 1500)) {
      model.step([{ state, event, time: null }]);
      if (++n > 1000 && n % 100 === 0) {
        const [saved] = model.save([state]) as readonly Snapshot[];
        last.push(saved!.parts.at(-1)!.hash);
      }
    }
    expect(new Set(last).size).toBe(1);
    const { status, gauges, details } = model.inspect(state);
    expect(status).toBe("steady");
    expect(gauges.label_company).toBeGreaterThan(0.5);
    expect(details.promise).toMatchObject({ kept: expect.stringContaining("companion") });
  });
});
