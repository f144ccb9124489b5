import { describe, expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import type { Embedder, Model, Outcome, Snapshot } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";
import { shortText } from "./short-text.ts";
import { createTexts, stream } from "./simulated.ts";
import type { State } from "./state.ts";

const TENSORS = createCpuTensors();

type TextModel = Model<TextEvent, State>;

function open(options: Record<string, unknown> = {}, first = 120, embedder: Embedder = { kind: "none" }): TextModel {
  const settings = { options: shortText.options.parse(options), reference: { first }, promise: 1000, seed: 3 };
  return shortText.open(settings, { tensors: TENSORS, embedder }) as TextModel;
}

function feed(
  model: TextModel,
  state: State,
  events: readonly TextEvent[],
  timeOf?: (i: number) => number,
): SignalDraft[] {
  return events.flatMap((event, i) => {
    const [outcome] = model.step([{ state, event, time: timeOf?.(i) ?? null }]) as readonly Outcome[];
    return [...outcome!.signals];
  });
}

describe("a constant stream never alarms", () => {
  const one = createTexts(1)(0);
  test.each([
    ["the same event", () => one],
    ["the same embedding with other texts", (i: number) => ({ ...one, text: `text ${i}` })],
    ["embeddings of zeros with other texts", (i: number) => ({ text: `text ${i}`, embedding: [0, 0, 0] })],
    ["an embedding without a text", () => ({ embedding: [1, 2, 3] })],
  ])("%s", (_, make: (i: number) => TextEvent) => {
    const model = open();
    const state = model.init("k");
    const signals = feed(
      model,
      state,
      Array.from({ length: 1500 }, (__, i) => make(i)),
    );
    expect(signals).toEqual([]);
    expect(Object.values(model.inspect(state).gauges).every(Number.isFinite)).toBe(true);
  });

  test("and one after a varied reference does not either", () => {
    const model = open();
    const state = model.init("k");
    expect(feed(model, state, [...stream(2, 120), ...Array.from({ length: 2000 }, () => one)])).toEqual([]);
  });

  test("while too few different texts came, learning goes on and says so", () => {
    const model = open();
    const state = model.init("k");
    const events = stream(3, 8);
    feed(
      model,
      state,
      Array.from({ length: 400 }, (_, i) => events[i % 8]!),
    );
    const seen = model.inspect(state);
    expect(seen.status).toBe("learning");
    expect(seen.details.warnings).toEqual([expect.stringContaining("8 different texts")]);
  });
});

describe("what a person decides", () => {
  function alarmed(options: Record<string, unknown> = {}): { model: TextModel; state: State } {
    const model = open(options);
    const state = model.init("k");
    const signals = feed(model, state, stream(4, 400, 250));
    expect(signals[0]?.kind).toBe("drift");
    return { model, state };
  }

  test("adapt: the texts since the onset and those to come are the new normal", () => {
    const { model, state } = alarmed();
    const said = model.command!(state, { kind: "adapt" });
    expect(said.map((signal) => [signal.kind, signal.episodeOf])).toContainEqual(["recovered", "drift"]);
    expect(said[0]!.summary).toMatch(/from the last 119 texts and the next 1\./);
    expect(model.inspect(state).status).toBe("learning");
    expect(feed(model, state, stream(5, 600, 0))).toEqual([]);
  });

  test("adapt without an alarm learns from the recent past", () => {
    const model = open();
    const state = model.init("k");
    feed(model, state, stream(6, 160));
    expect(model.command!(state, { kind: "adapt" })).toEqual([]);
    expect(model.inspect(state).learning).toEqual({ seen: 40, wanted: 120 });
    feed(model, state, stream(7, 80));
  });

  test("false-alarm: the episode is over and its texts count as normal", () => {
    const { model, state } = alarmed();
    const before = state.watch!.counts.ranks.total;
    const said = model.command!(state, { kind: "false-alarm" });
    expect(said[0]).toMatchObject({ kind: "recovered", episodeOf: "drift" });
    expect(state.watch!.counts.ranks.total - before).toBeGreaterThan(100);
    // The last third of a reference's length is held back a little longer.
    feed(model, state, stream(5, 40));
    expect(state.watch!.counts.ranks.total - before).toBeGreaterThan(140);
    expect(state.watch!.counts.clusterTotal).toBe(state.watch!.counts.ranks.total);
  });

  test("acknowledge: the episode stays, marked", () => {
    const { model, state } = alarmed();
    expect(model.command!(state, { kind: "acknowledge" })).toEqual([]);
    expect(state.watch!.episodes.drift!.acknowledged).toBe(true);
  });
});

test("a text counts as normal when as many came after it as a third of the reference, and at once under guarantee", () => {
  for (const guarantee of [false, true]) {
    const model = open({ guarantee });
    const state = model.init("k");
    const events = stream(12, 200);
    feed(model, state, events.slice(0, 120));
    const before = state.watch!.counts.ranks.total;
    const held = guarantee ? 0 : before / 3;
    for (const [from, to] of [
      [120, 150],
      [150, 200],
    ] as const) {
      feed(model, state, events.slice(from, to));
      const { ranks, clusterTotal, cellTotal } = state.watch!.counts;
      expect(ranks.total - before).toBe(Math.max(0, to - 120 - held));
      if (!guarantee) expect([clusterTotal, cellTotal]).toEqual([ranks.total, ranks.total]);
    }
  }
});

describe("an alarm", () => {
  test("takes what came since the onset out of the counts and freezes them", () => {
    const model = open();
    const state = model.init("k");
    feed(model, state, stream(9, 400, 250));
    const { counts, episodes, history } = state.watch!;
    const onset = episodes.drift!.onset.index;
    expect(counts.ranks.total).toBe(onset);
    expect(counts.clusterTotal).toBe(onset);
    expect(counts.cellTotal).toBe(onset);
    expect(history.end).toBe(400);
  });

  test("is preceded by a warning where one is asked for", () => {
    const model = open({ warnAt: 0.1 });
    const kinds = feed(model, model.init("k"), stream(10, 400, 250)).map((signal) => signal.kind);
    expect(kinds).toContain("warning");
    expect(kinds.indexOf("warning")).toBeLessThan(kinds.indexOf("drift"));
  });
});

describe("sessions", () => {
  const LENGTH = 5;
  /** Eight interleaved conversations, each on one topic. */
  function conversations(seed: number, count: number, change = count, ids = true): TextEvent[] {
    const random = createRandom("conversations", seed);
    const text = createTexts(seed);
    const slots = Array.from({ length: 8 }, () => ({ id: 0, topic: 0, left: 0 }));
    let next = 0;
    return Array.from({ length: count }, (_, i) => {
      const slot = slots[Math.floor(uniform(random) * slots.length)]!;
      if (slot.left === 0) {
        slot.id = next++;
        slot.topic = i >= change && uniform(random) < 0.5 ? 99 : Math.floor(uniform(random) * 8);
        slot.left = LENGTH;
      }
      slot.left -= 1;
      return { ...text(slot.topic), ...(ids ? { session: `s${slot.id}` } : {}) };
    });
  }

  test("with ids keep the promise on sticky streams, and a change is still found", () => {
    let alarms = 0;
    for (let seed = 0; seed < 4; seed++) {
      const model = open({}, 400);
      const state = model.init(`k${seed}`);
      alarms += feed(model, state, conversations(seed, 1900)).filter((one) => one.kind !== "explained").length;
      if (seed === 0) {
        expect(state.watch!.reference.facts.turns).toBeCloseTo(LENGTH, 0);
        expect(state.watch!.reference.facts.warnings.join()).toContain("sessions");
      }
    }
    // Of both kinds 12 expected in 6,000 events; 99 % Poisson quantile 21.
    expect(alarms).toBeLessThanOrEqual(21);
    const model = open({}, 400);
    const found = feed(model, model.init("k"), conversations(9, 1400, 700)).find((one) => one.kind === "drift");
    expect(found!.onset!.index).toBeGreaterThan(600);
    expect(found!.onset!.index).toBeLessThan(850);
  });

  test("without ids are noticed: surge is off and the details warn", () => {
    const model = open({}, 400);
    const state = model.init("k");
    feed(model, state, conversations(1, 500, 500, false));
    const { details } = model.inspect(state);
    expect(details.sessions).toEqual({ kind: "pseudo", turns: 20 });
    expect((details.promise as { kinds: string[] }).kinds).toEqual(["drift"]);
    expect((details.warnings as string[])[0]).toContain("fields.session");
  });

  test("survive a snapshot in the middle of conversations", () => {
    const events = conversations(2, 700, 500);
    const plain = open({}, 300);
    const state = plain.init("k");
    const said = feed(plain, state, events, (i) => i * 60_000);
    const cut = open({}, 300);
    const first = cut.init("k");
    const before = feed(cut, first, events.slice(0, 555), (i) => i * 60_000);
    const again = (cut.load(structuredClone(cut.save([first]) as readonly never[])) as State[])[0]!;
    const after = feed(cut, again, events.slice(555), (i) => (555 + i) * 60_000);
    expect([...before, ...after]).toEqual(said);
    expect(again.watch!.evidence.sums).toEqual(state.watch!.evidence.sums);
  });

  test("under guarantee are one step each, at their end", () => {
    const model = open({ guarantee: true }, 300);
    const state = model.init("k");
    const signals = feed(model, state, conversations(3, 1500, 600), (i) => i * 60_000);
    expect(signals.map((signal) => signal.kind)).toContain("drift");
    expect(signals.map((signal) => signal.kind)).not.toContain("surge");
  });
});

test("texts without embeddings: the key fits its own encoder, and finds the change", () => {
  const model = open({}, 240, { kind: "hash" });
  const state = model.init("k");
  const events = stream(20, 700, 400, 0.6, 99, ({ text }, i) => {
    const topic = /topic(\d+)/.exec(text!)![1]!;
    const words = ["card", "parcel", "refund", "ticket", "invoice", "phone", "laptop", "booking"];
    const subject = topic === "99" ? "strike in france" : `my ${words[Number(topic)]} please`;
    return { text: `about ${subject} ${["today", "again", "now", "still"][i % 4]} ${text!.split(" ").at(-3)}` };
  });
  const signals = feed(model, state, events);
  const drift = signals.find((signal) => signal.kind === "drift");
  expect(drift!.summary).toMatch(/strike|france/);
  expect(state.watch!.reference.rows).toBeLessThan(state.watch!.reference.texts.length);
  const [snapshot] = model.save([state]) as readonly never[];
  const again = (model.load([structuredClone(snapshot!)]) as State[])[0]!;
  const next = { text: "strike in france again" };
  expect(model.step([{ state: again, event: next, time: null }])).toEqual(
    model.step([{ state, event: next, time: null }]),
  );
});

test("other options of the score hold for the next reference: what was learnt is not judged by another measure", () => {
  const before = open({ hubness: 0.3, bins: 1024 });
  const state = before.init("k");
  feed(before, state, stream(5, 160));
  const [snapshot] = before.save([state]) as readonly Snapshot[];
  const heard = [{}, { hubness: 0, neighbours: 5, bins: 64 }, { hubness: 1, neighbours: 1, bins: 65_536 }].map(
    (options) => {
      const model = open({ hubness: 0.3, bins: 1024, ...options });
      const [loaded] = model.load([structuredClone(snapshot!)]) as readonly [State];
      const signals = feed(model, loaded, stream(6, 600, 420));
      return { signals, gauges: model.inspect(loaded).gauges };
    },
  );
  expect(heard[0]!.signals.map(({ kind }) => kind)).toContain("drift");
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[2]).toEqual(heard[0]);
});
