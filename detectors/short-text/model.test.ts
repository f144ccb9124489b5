import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import type { Embedder, Model, Outcome } from "../../engine/detector.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { createTexts, DIM, stream } from "./simulated.ts";
import type { State } from "./state.ts";

const TENSORS = createCpuTensors();

const FIRST = 120;
const PROMISE = 500;

type TextModel = Model<TextEvent, State>;

function open(options: Record<string, unknown> = {}, embedder: Embedder = { kind: "none" }): TextModel {
  const settings = {
    options: shortText.options.parse(options),
    reference: { first: FIRST },
    promise: PROMISE,
    seed: 7,
  };
  return shortText.open(settings, { tensors: TENSORS, embedder }) as TextModel;
}

interface Heard {
  readonly index: number;
  readonly outcome: Outcome;
}

function feed(model: TextModel, state: State, events: readonly TextEvent[], from = 0, minutes = 0): Heard[] {
  return events.map((event, i) => {
    const time = minutes === 0 ? null : (from + i) * minutes * 60_000;
    const [outcome] = model.step([{ state, event, time }]) as readonly Outcome[];
    return { index: from + i, outcome: outcome! };
  });
}

function kinds(heard: readonly Heard[]): string[] {
  return heard.flatMap(({ outcome }) => outcome.signals.map((signal) => signal.kind));
}

function firstOf(heard: readonly Heard[], kind: string): { index: number; signal: Outcome["signals"][number] } {
  for (const { index, outcome } of heard) {
    const signal = outcome.signals.find((one) => one.kind === kind);
    if (signal !== undefined) return { index, signal };
  }
  throw new RangeError(`no ${kind}`);
}

function saved(model: TextModel, state: State): string {
  const [snapshot] = model.save([state]) as readonly { running: Uint8Array; parts: readonly { hash: string }[] }[];
  return `${Buffer.from(snapshot!.running).toString("base64")} ${snapshot!.parts.map((part) => part.hash).join()}`;
}

describe("a change of topic", () => {
  const events = stream(1, 900, 300);
  const model = open();
  const state = model.init("k");
  const heard = feed(model, state, events);

  test("is an alarm soon after it, with an onset near it and the new topic's words", () => {
    const { index, signal } = firstOf(heard, "drift");
    expect(index).toBeGreaterThanOrEqual(300);
    expect(index).toBeLessThan(340);
    expect(Math.abs(signal.onset!.index - 300)).toBeLessThan(20);
    expect(signal.onset!.low).toBeLessThanOrEqual(signal.onset!.index);
    expect(signal.onset!.high).toBeGreaterThanOrEqual(signal.onset!.index);
    expect(signal.summary).toContain("topic99");
    expect(signal.statistic!).toBeGreaterThanOrEqual(signal.threshold!);
  });

  test("is confirmed once, explained again 200 events later, and not said at every further crossing", () => {
    const said = kinds(heard).filter((kind) => kind !== "surge");
    expect(said).toEqual(["drift", "explained", "explained"]);
    const alarm = firstOf(heard, "drift").index;
    const explained = heard.filter(({ outcome }) => outcome.signals.some((one) => one.kind === "explained"));
    expect(explained.map(({ index }) => index)).toContain(alarm + 200);
  });

  test("shows as drifting with the episode and its terms", () => {
    const { status, details, gauges } = model.inspect(state);
    expect(status).toBe("drifting");
    expect(details.terms).toContain("topic99");
    expect(Object.values(gauges).every(Number.isFinite)).toBe(true);
    expect(Object.keys(gauges).sort()).toEqual(shortText.gauges.map((gauge) => gauge.name).sort());
  });

  test("has recovered when it was not seen for long enough, and can alarm again", () => {
    const quiet = stream(2, 700);
    const after = feed(model, state, [...quiet, ...stream(3, 200, 0)], events.length);
    const { index } = firstOf(after, "recovered");
    expect(index).toBeGreaterThanOrEqual(events.length + 480);
    expect(kinds(after.filter((one) => one.index > index))).toContain("drift");
  });
});

describe("while a drift is open", () => {
  const burst = stream(2, 340, 300, 1);
  const lull = stream(3, 250);

  test("another change is told: the open episode gives way to one with its own onset and words", () => {
    const model = open();
    const heard = feed(model, model.init("k"), [...burst, ...lull, ...stream(6, 80, 0, 0.6, 98)]);
    const said = heard.flatMap(({ index, outcome }) => outcome.signals.map((signal) => ({ index, signal })));
    const drift = said.filter(({ signal }) => signal.kind === "drift");
    expect(drift.length).toBe(2);
    const [{ index, signal }] = drift.slice(1) as [(typeof drift)[number]];
    expect(index).toBeLessThan(660);
    expect(Math.abs(signal.onset!.index - 590)).toBeLessThan(25);
    expect(signal.onset!.low).toBeLessThanOrEqual(590);
    expect(signal.onset!.high).toBeGreaterThanOrEqual(590);
    expect(signal.summary).toContain("topic98");
    const over = said.find((one) => one.signal.kind === "recovered" && one.signal.episodeOf === "drift")!;
    expect(over.index).toBe(index);
    expect(over.signal.summary).toContain(`gives way to another that began about event ${signal.onset!.index}`);
    expect(said.indexOf(over)).toBeLessThan(said.findIndex((one) => one.signal === signal));
  });

  test("the same change that goes on is not", () => {
    const model = open();
    const heard = feed(model, model.init("k"), [...burst, ...stream(7, 400, 0, 0.3)]);
    expect(kinds(heard).filter((kind) => kind === "drift" || kind === "recovered")).toEqual(["drift"]);
  });
});

test("a known topic that becomes frequent is a surge", () => {
  const model = open();
  const heard = feed(model, model.init("k"), stream(4, 700, 300, 0.5, 3));
  const { index, signal } = firstOf(heard, "surge");
  expect(index).toBeGreaterThanOrEqual(300);
  expect(signal.summary).toContain("topic3");
});

test("false alarms of each kind stay within the promise on clean streams", () => {
  const counts = { drift: 0, surge: 0 };
  let events = 0;
  for (let seed = 0; seed < 8; seed++) {
    const model = open();
    const heard = feed(model, model.init(`k${seed}`), stream(100 + seed, 1200));
    for (const kind of kinds(heard)) if (kind === "drift" || kind === "surge") counts[kind] += 1;
    events += 1200 - FIRST;
  }
  // 99 % Poisson quantile of 17 expected: 28.
  expect(events / PROMISE).toBeCloseTo(17, 0);
  expect(counts.drift).toBeLessThanOrEqual(28);
  expect(counts.surge).toBeLessThanOrEqual(28);
});

describe("laws", () => {
  const events = stream(5, 420, 260);
  const reference = run(1000);

  function run(batch: number, cuts: readonly number[] = [], prepares = true): { said: string; state: string } {
    let model = open();
    let state = model.init("k");
    const said: string[] = [];
    for (let from = 0; from < events.length; from += batch) {
      const slice = events.slice(from, from + batch);
      const prepared = prepares
        ? (model.prepare!(slice.map((event) => ({ state, event, time: null }))) as unknown[])
        : [];
      slice.forEach((event, i) => {
        const item = { state, event, time: null, ...(prepares ? { prepared: prepared[i] } : {}) };
        const [outcome] = model.step([item]) as readonly Outcome[];
        said.push(JSON.stringify(outcome));
        if (!cuts.includes(from + i)) return;
        const snapshots = model.save([state]) as readonly never[];
        model = open();
        state = (model.load(structuredClone(snapshots)) as State[])[0]!;
      });
    }
    return { said: said.join("\n"), state: saved(model, state) };
  }

  test("any split into batches, prepared or not, says the same to the bit", () => {
    expect(run(1)).toEqual(reference);
    expect(run(37)).toEqual(reference);
    expect(run(1, [], false)).toEqual(reference);
  });

  test("a snapshot at any point changes nothing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(events.length - 1), { maxLength: 6 }), (cuts) => {
        expect(run(64, cuts)).toEqual(reference);
      }),
      { numRuns: 12, examples: [[[FIRST - 2, FIRST - 1, FIRST]], [[0]], [[events.length - 1]]] },
    );
  });

  test("keys do not influence each other", () => {
    const model = open();
    const a = model.init("k");
    const b = model.init("other");
    const others = stream(6, events.length);
    const said = events.map((event, i) => {
      const outcomes = model.step([
        { state: b, event: others[i]!, time: null },
        { state: a, event, time: null },
      ]) as readonly Outcome[];
      return JSON.stringify(outcomes[1]);
    });
    expect(said.join("\n")).toBe(reference.said);
  });

  test("the event is not changed", () => {
    const copy = structuredClone(events);
    const model = open();
    feed(model, model.init("k"), events);
    expect(events).toEqual(copy);
  });

  test("the running part stays small and the parts stay bounded", () => {
    const model = open();
    const state = model.init("k");
    feed(model, state, stream(8, FIRST + 600));
    const size = (): number[] => {
      const [snapshot] = model.save([state]) as readonly { running: Uint8Array; parts: readonly unknown[] }[];
      return [snapshot!.running.length, snapshot!.parts.length];
    };
    const [, parts] = size();
    feed(model, state, stream(9, 4600));
    const [running, later] = size();
    expect(running).toBeLessThan(24_000);
    expect(later! - parts!).toBeLessThanOrEqual(17);
  });
});

describe("what does not fit is rejected and leaves the state as it was", () => {
  const good = createTexts(11);
  const vector = good(1).embedding as number[];
  const bytes = (values: number[]): string => Buffer.from(Float32Array.from(values).buffer).toString("base64");
  const cases: readonly [string, TextEvent, string][] = [
    ["another dimension", { embedding: [1, 2, 3] }, "wrong-dimension"],
    ["another dimension in base64", { embedding: bytes([1, 2, 3]) }, "wrong-dimension"],
    ["base64 of no float32", { embedding: "QUJD" }, "wrong-dimension"],
    ["what is not base64", { embedding: "*".repeat(64) }, "schema"],
    ["a NaN", { embedding: bytes(vector.map((v, i) => (i === 3 ? Number.NaN : v))) }, "not-finite"],
    ["an infinity", { embedding: bytes(vector.map((v, i) => (i === 3 ? Number.NEGATIVE_INFINITY : v))) }, "not-finite"],
    ["no embedding", { text: "hello" }, "missing-field"],
  ];
  for (const learnt of [5, FIRST + 5]) {
    test.each(cases)(`${learnt < FIRST ? "learning" : "watching"}: %s`, (_, event, reason) => {
      const model = open();
      const state = model.init("k");
      feed(model, state, stream(11, learnt));
      const before = saved(model, state);
      const prepared = (model.prepare!([{ state, event, time: null }]) as unknown[])[0];
      for (const more of [{ prepared }, {}]) {
        const [outcome] = model.step([{ state, event, time: null, ...more }]) as readonly Outcome[];
        expect(outcome!.reject?.reason).toBe(reason);
        expect(outcome!.signals).toEqual([]);
      }
      expect(saved(model, state)).toBe(before);
    });
  }

  test("the option dimension refuses a first event of another length", () => {
    const model = open({ dimension: DIM });
    const state = model.init("k");
    const heard = feed(model, state, [{ embedding: [1, 2] }, good(2)]);
    expect(heard.map(({ outcome }) => outcome.reject?.reason)).toEqual(["wrong-dimension", undefined]);
  });

  test("base64 and numbers of the same embedding are the same event", () => {
    const events = stream(12, 200, 150);
    const model = open();
    const a = model.init("k");
    const b = model.init("k");
    feed(
      model,
      a,
      events.map((event) => ({ ...event, embedding: bytes(event.embedding as number[]) })),
    );
    feed(
      model,
      b,
      events.map((event) => ({ ...event, embedding: [...Float32Array.from(event.embedding as number[])] })),
    );
    expect(a.watch!.drift).toBeCloseTo(b.watch!.drift, 3);
  });
});

test("texts that cannot be stored as they are and vectors of length zero do no harm", () => {
  const odd = ["\ud800", "\0", "\ufeffbom", "a".repeat(5000), "", "🦄".repeat(700)];
  const model = open();
  const state = model.init("k");
  const events = stream(13, 300, 300, 0, 0, (event, i) =>
    i % 7 === 0
      ? { text: `${odd[i % odd.length]}${i}`, embedding: new Array(DIM).fill(0) }
      : { ...event, session: odd[i % 6]! },
  );
  feed(model, state, events);
  const snapshots = model.save([state]) as readonly never[];
  const again = (model.load(structuredClone(snapshots)) as State[])[0]!;
  expect(saved(model, again)).toBe(saved(model, state));
  const more = feed(model, state, stream(14, 50));
  expect(feed(model, again, stream(14, 50))).toEqual(more);
});

test("an embedder outside gives the same as the same embeddings in the events", async () => {
  const events = stream(15, 420, 260);
  const known = new Map(events.map((event) => [event.text!, event.embedding as number[]]));
  const embed = async (texts: readonly string[]): Promise<Float32Array> =>
    Float32Array.from(
      texts.flatMap((text) => {
        const vector = known.get(text)!;
        const size = Math.hypot(...vector);
        return vector.map((v) => v / size);
      }),
    );
  const outside = open({}, { kind: "external", identity: "simulated", dim: DIM, embed });
  const state = outside.init("k");
  const heard: Heard[] = [];
  for (let from = 0; from < events.length; from += 64) {
    const slice = events.slice(from, from + 64).map(({ text }) => ({ text: text! }));
    const prepared = await outside.prepare!(slice.map((event) => ({ state, event, time: null })));
    for (const [i, event] of slice.entries()) {
      const [outcome] = await outside.step([{ state, event, time: null, prepared: prepared[i] }]);
      heard.push({ index: from + i, outcome: outcome! });
    }
  }
  const model = open();
  const given = feed(model, model.init("k"), events);
  expect(kinds(heard)).toEqual(kinds(given));
  expect(firstOf(heard, "drift").index).toBe(firstOf(given, "drift").index);
});
