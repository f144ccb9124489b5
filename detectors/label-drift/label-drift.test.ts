import { describe, expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Environment, Model, Outcome } from "../../engine/detector.ts";
import { mulberry32 } from "../learners/streams.ts";
import type { LabelEvent } from "./event.ts";
import { labelDrift } from "./label-drift.ts";
import { eventsOf, LABELS, labelStream } from "./stream.ts";

const env: Environment = { tensors: createTensors("cpu"), embedder: { kind: "none" } };

function open(options: Record<string, unknown> = {}, promise: number | null = null): Model<LabelEvent> {
  const parsed = labelDrift.options.parse({ learner: "none", ...options });
  return labelDrift.open({ options: parsed, reference: null, promise, seed: 1 }, env) as Model<LabelEvent>;
}

interface Said {
  readonly index: number;
  readonly kind: string;
  readonly summary: string;
  readonly onset: { readonly low: number; readonly high: number } | null;
  readonly explanation: {
    readonly partition: readonly (readonly string[])[];
    readonly partitionBefore: readonly (readonly string[])[];
    readonly pairs: readonly {
      readonly labels: readonly string[];
      readonly jaccardBefore: number;
      readonly jaccard: number;
    }[];
    readonly moved: readonly string[];
    readonly label: string;
    readonly reason: string;
  };
}

function listen(model: Model<LabelEvent>, events: Iterable<LabelEvent>, state = model.init("k")): Said[] {
  const said: Said[] = [];
  let index = 0;
  for (const event of events) {
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    for (const s of outcome!.signals) said.push({ index, ...s } as never);
    index++;
  }
  return said;
}

/** Adjusted Rand index of two labellings. */
function agreement(a: readonly number[], b: readonly number[]): number {
  const pairs = (keys: readonly unknown[]): number => {
    const counts = new Map<unknown, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  };
  const both = pairs(a.map((x, i) => `${x} ${b[i]}`));
  const chance = (pairs(a) * pairs(b)) / ((a.length * (a.length - 1)) / 2);
  const most = (pairs(a) + pairs(b)) / 2;
  return most === chance ? 1 : (both - chance) / (most - chance);
}

/** Agreement of the partition told last with the blocks of the stream, at multiples of 500. */
function agreements(said: readonly Said[], seed: number): Map<number, number> {
  const { blocks } = labelStream(seed, 8000);
  const changes = said.filter((s) => s.kind === "partition_changed");
  return new Map(
    Array.from({ length: 16 }, (_, k) => (k + 1) * 500).map((at) => {
      const last = changes.findLast((s) => s.index < at)!;
      const cluster = (l: number): number => last.explanation.partition.findIndex((names) => names.includes(`l${l}`));
      return [
        at,
        agreement(
          Array.from({ length: LABELS }, (_, l) => cluster(l)),
          blocks[Math.ceil(at / 2000) - 1]!,
        ),
      ];
    }),
  );
}

test("the stream is the one that was measured", () => {
  const sums = [1, 2, 3].map((seed) => labelStream(seed).y.reduce((a, b) => a + b, 0));
  expect(sums).toEqual([25878, 25461, 25383]);
  expect(labelStream(1).x[0]).toBeCloseTo(0.254148, 6);
  expect(labelStream(1).x[1]).toBeCloseTo(-0.994529, 6);
});

describe.each([11, 12])("correlation that drifts while frequencies stay, seed %i", (seed) => {
  const said = listen(open(), eventsOf(labelStream(seed), false));
  const alarms = said.filter((s) => s.kind === "drift");

  test("each change is found within 250 events, with its beginning, and nothing else", () => {
    expect(alarms.map((s) => Math.floor(s.index / 2000))).toEqual([1, 2, 3]);
    for (const { index, onset } of alarms) {
      expect(index % 2000).toBeLessThan(250);
      expect(onset!.low).toBeLessThanOrEqual(index - (index % 2000));
      expect(onset!.high).toBeLessThanOrEqual(index);
    }
  });

  test("the clusters are the blocks 500 events after a change", () => {
    for (const [at, ari] of agreements(said, seed))
      if (at % 2000 >= 500 || at % 2000 === 0) expect([at, ari]).toEqual([at, 1]);
  });

  test("the alarm says which pairs moved, and later which labels went where", () => {
    const { blocks } = labelStream(seed);
    const together = (k: number, [a, b]: readonly string[]): boolean =>
      blocks[k]![Number(a!.slice(1))] === blocks[k]![Number(b!.slice(1))];
    alarms.forEach(({ explanation }, k) => {
      for (const { labels, jaccardBefore, jaccard } of explanation.pairs.slice(0, 3)) {
        expect(together(k, labels)).toBe(jaccardBefore > jaccard);
        expect(together(k + 1, labels)).toBe(jaccardBefore < jaccard);
      }
    });
    const later = said.filter((s) => s.kind === "explained");
    expect(later.length).toBe(3);
    for (const { explanation } of later) {
      expect(explanation.partition.length).toBe(3);
      expect(explanation.partitionBefore.length).toBe(3);
      expect(explanation.moved.length).toBeGreaterThan(0);
      expect(explanation.moved.length).toBeLessThan(LABELS);
    }
  });
});

test("ODAC on the Jaccard distance splits and merges where it did, and does not recover", () => {
  const said = listen(open({ partitioner: "odac" }), eventsOf(labelStream(1), false));
  const changes = said.filter((s) => s.kind === "partition_changed");
  expect(changes.slice(0, 3).map((s) => [s.index + 1, s.explanation.reason])).toEqual([
    [200, "split"],
    [2400, "split"],
    [2500, "merge"],
  ]);
  for (const [at, ari] of agreements(said, 1)) {
    if (at <= 2000) expect(ari).toBeCloseTo(0.522, 3);
    else expect(ari).toBeLessThanOrEqual(0.29);
  }
});

test("labels come and go: a new one is told as one that comes more often, one that vanished gives its place", () => {
  function* events(): Generator<LabelEvent> {
    for (const [t, { y }] of [...eventsOf(labelStream(4, 4000, 4000), false)].entries()) {
      yield { y: t >= 2000 && t % 3 === 0 ? [...y, "new"] : y };
    }
    // Names that come once each: more than there is room for.
    for (let t = 0; t < 6000; t++) yield { y: [`once ${t}`] };
  }
  const model = open({ maxLabels: 40 });
  const state = model.init("k");
  const said = listen(model, events(), state);
  const first = said.find((s) => s.kind === "marginal_drift")!;
  expect(first.explanation.label).toBe("new");
  expect(first.index).toBeGreaterThan(2000);
  expect(first.index).toBeLessThan(2100);
  const { gauges } = model.inspect(state);
  expect(gauges.label_known).toBe(40);
  expect(gauges.label_ignored).toBeGreaterThan(1000);
  expect(gauges.label_ignored).toBeLessThan(5990);
  expect(JSON.stringify(model.inspect(state).details)).toContain("once 46");
});

test("a label twice in an event counts once, and an event may have none", () => {
  const model = open();
  const [a, b] = [model.init("k"), model.init("k")];
  listen(model, [{ y: ["p", "q", "p"] }, { y: [] }], a);
  listen(model, [{ y: ["p", "q"] }, { y: [] }], b);
  expect(model.save([a])).toEqual(model.save([b]));
});

test("where the sample tells nothing of any label another one is taken", () => {
  const model = open();
  const state = model.init("k");
  // Each label comes with another one each time.
  const events = Array.from({ length: 2000 }, (_, t) => ({ y: [`l${(t * 37) % 401}`, `l${(t * 53) % 409}`] }));
  expect(listen(model, events, state).filter((s) => s.kind === "drift")).toEqual([]);
  const { status, threshold, learning } = model.inspect(state);
  expect([status, threshold, learning!.seen]).toEqual(["learning", null, 0]);
  const later = listen(model, eventsOf(labelStream(11, 4000), false), state).filter((s) => s.kind === "drift");
  expect(later.map(({ index }) => Math.floor(index / 2000))).toEqual([1]);
});

test("changes of the clusters are told together: a few signals while many labels are learnt", () => {
  const random = mulberry32(3);
  const said = listen(
    open(),
    Array.from({ length: 4000 }, () => {
      const on = Array.from({ length: 20 }, () => random() < 0.06);
      return {
        y: on.flatMap((block, b) =>
          [0, 1, 2, 3, 4].filter(() => random() < (block ? 0.8 : 0.006)).map((l) => `${b}.${l}`),
        ),
      };
    }),
  ).filter((s) => s.kind === "partition_changed");
  expect(said.length).toBeGreaterThan(1);
  expect(said.length).toBeLessThanOrEqual(4);
  for (const [k, { explanation }] of said.slice(1).entries())
    expect(explanation.partitionBefore).toEqual(said[k]!.explanation.partition);
  const blocks = said
    .at(-1)!
    .explanation.partition.map((names) => new Set(names.map((name) => name.split(".")[0])).size);
  expect(blocks).toEqual(new Array(20).fill(1));
});
