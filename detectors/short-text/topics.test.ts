import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Outcome } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";
import type { Cluster } from "./interpret.ts";
import { shortText } from "./short-text.ts";
import { createTexts, stream } from "./simulated.ts";
import { keepNames, type NamedCluster, type VanishedTopic } from "./topics.ts";

const cluster = (name: string, texts: readonly string[]): Cluster => ({
  name,
  terms: name.split(", "),
  examples: texts.slice(1),
  medoid: texts[0]!,
  share: 0.1,
  shareBefore: 0,
  lift: 10,
  size: texts.length,
});

test("a cluster that was told before keeps its id, and its name as long as that fits", () => {
  const first = keepNames([cluster("strike, france", ["a", "b"]), cluster("refund, late", ["c", "d"])], [], "drift");
  expect(first.map(({ id }) => id)).toEqual(["drift-1", "drift-2"]);
  const grown = [
    cluster("late, refund, money", ["d", "c"]),
    cluster("hyena, garden", ["x"]),
    cluster("train", ["a", "b"]),
  ];
  const again = keepNames(grown, first, "drift");
  expect(again.map(({ id, name }) => [id, name])).toEqual([
    ["drift-2", "refund, late"],
    ["drift-3", "hyena, garden"],
    ["drift-1", "train"],
  ]);
});

interface Said {
  readonly index: number;
  readonly signal: SignalDraft;
}

function run(
  events: readonly TextEvent[],
  options: object = {},
): { said: Said[]; details: Readonly<Record<string, unknown>> } {
  const settings = { options: shortText.options.parse(options), reference: { first: 600 }, promise: 2000, seed: 1 };
  const model = shortText.open(settings, { tensors: createTensors("auto"), embedder: { kind: "none" } });
  if (model instanceof Promise) throw model;
  const state = model.init("k");
  const said = events.flatMap((event, index) => {
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    return outcome!.signals.map((signal) => ({ index, signal }));
  });
  return { said, details: model.inspect(state).details };
}

const lasting = stream(11, 2400, 1000, 0.3);

test("an episode is explained again as it grows, under the same id and name", () => {
  const { said } = run(lasting);
  const told = said.filter(({ signal }) => signal.kind === "drift" || signal.kind === "explained");
  const alarm = told[0]!.index;
  const times = told.map(({ index }) => index - alarm);
  expect(times).toEqual(expect.arrayContaining([0, 200, 800]));
  const leading = told.map(({ signal }) => (signal.explanation.clusters as NamedCluster[])[0]!);
  expect(new Set(leading.map(({ id }) => id))).toEqual(new Set(["drift-1"]));
  expect(new Set(leading.map(({ name }) => name)).size).toBe(1);
  expect(leading[0]!.terms.join(" ")).toContain("topic99");
});

test("no two clusters are told under one name", () => {
  const twins = [cluster("name, think", ["a"]), cluster("name, think", ["b"]), cluster("name, think", ["c"])];
  const names = keepNames(twins, [], "drift").map(({ name }) => name);
  expect(new Set(names).size).toBe(3);
});

test("topics of the reference that are no longer said are named by their own terms", () => {
  const random = createRandom("vanishing", 1);
  const text = createTexts(21);
  const events = Array.from({ length: 1700 }, (_, i) => {
    const known = Math.floor(uniform(random) * (i < 900 ? 8 : 6));
    return text(i >= 900 && uniform(random) < 0.25 ? 99 : known);
  });
  const { said } = run(events, { clusters: 8 });
  const last = said.filter(({ signal }) => signal.explanation.vanished !== undefined).at(-1)!;
  const vanished = last.signal.explanation.vanished as VanishedTopic[];
  expect(vanished.map(({ terms }) => terms[0]).sort()).toEqual(["topic6", "topic7"]);
  for (const topic of vanished) {
    expect(topic.share).toBeLessThan(topic.shareBefore / 3);
    expect(topic.lift).toBeLessThan(1 / 3);
  }
});

test("a known topic that surges is named by its own terms even where it was frequent before", () => {
  const random = createRandom("surging", 1);
  const text = createTexts(31);
  const events = Array.from({ length: 1800 }, (_, i) => {
    const known = Math.floor(uniform(random) * 8);
    return text(i >= 900 && uniform(random) < 0.35 ? 3 : known);
  });
  const { said } = run(events, { clusters: 8 });
  const surge = said.find(({ signal, index }) => signal.kind === "surge" && index >= 900)!;
  const [top] = surge.signal.explanation.clusters as NamedCluster[];
  expect(top!.terms[0]).toBe("topic3");
  expect(surge.signal.summary).toContain("topic3");
  expect(top!.lift).toBeGreaterThan(1.5);
});

test("with samples off no text leaves, with a pattern what it matches is nowhere", () => {
  const decorate = (event: TextEvent): TextEvent => ({ ...event, text: `${event.text} of ann@example.org` });
  const events = stream(11, 1500, 1000, 0.3, 99, decorate);
  const hidden = run(events, { texts: { samples: false } });
  const everything = JSON.stringify(hidden);
  expect(everything).toContain("topic99");
  expect(everything).not.toMatch(/number \d+ of/);
  const redacted = JSON.stringify(run(events, { texts: { redact: ["[\\w.]+@[\\w.]+"] } }));
  expect(redacted).not.toContain("ann@");
  expect(redacted).toContain("of …");
  expect(shortText.options.safeParse({ texts: { redact: ["("] } }).success).toBe(false);
});
