import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Embedder } from "../../engine/detector.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import type { TextEvent } from "./event.ts";
import { each, FLAG } from "./history.ts";
import { nearDuplicates } from "./near-repeats.ts";
import { shortText } from "./short-text.ts";
import type { State } from "./state.ts";

const REFERENCE = 400;

function watching(
  events: readonly TextEvent[],
  embedder: Embedder = { kind: "none" },
): { state: State; details: Record<string, unknown> } {
  const settings = { options: shortText.options.parse({}), reference: { first: REFERENCE }, promise: 2000, seed: 1 };
  const model = shortText.open(settings, { tensors: createTensors("auto"), embedder });
  if (model instanceof Promise) throw model;
  const state = model.init("k");
  for (const event of events) void model.step([{ state, event, time: null }]);
  return { state, details: model.inspect(state).details };
}

/** Texts unlike one another; `nearly` says the one of an index in almost the same words. */
function texts(count: number): { readonly all: TextEvent[]; nearly(i: number, words: string): TextEvent } {
  const random = createRandom("near repeats");
  const all = Array.from({ length: count }, (_, i): TextEvent => {
    return { text: `one ${i}`, embedding: Array.from({ length: 40 }, () => uniform(random) + uniform(random) - 1) };
  });
  const nearly = (i: number, words: string): TextEvent => {
    const embedding = (all[i]!.embedding as number[]).map((v, d) => v + 0.05 * (d % 3));
    return { text: `${all[i]!.text} ${words}`, embedding };
  };
  return { all, nearly };
}

/** One in five is said again `later` texts after it. */
function repeating(count: number, later: number): TextEvent[] {
  const { all, nearly } = texts(count);
  return all.flatMap((event, i) =>
    i >= later && (i - later) % 5 === 0 ? [event, nearly(i - later, "please")] : [event],
  );
}

/** Events of the stream after the reference that counted as said before. */
function repeats({ state }: { readonly state: State }): number[] {
  const found: number[] = [];
  each(state.watch!.history, 0, (segment, at, index) => {
    if (segment.flags[at]! & FLAG.repeat) found.push(index);
  });
  return found;
}

test("where texts are nearly repeated shortly after, each counts once, in the reference and after it", () => {
  const events = repeating(700, 20);
  const seen = watching(events);
  expect(seen.details.warnings).toEqual([expect.stringMatching(/^1[5-9] % .* nearly repeat .* count once/)]);
  // Not a sign of conversations: surges stay on.
  expect(seen.details.sessions).toEqual({ kind: "none", turns: 1 });
  expect(state(seen).texts.some((text) => text.includes("please"))).toBe(false);
  const said = events.flatMap(({ text }, i) => (i >= REFERENCE && text!.includes("please") ? [i] : []));
  const found = repeats(seen);
  expect(found.filter((index) => !said.includes(index))).toEqual([]);
  // The first few repeat texts of the reference, which are not remembered; a few lie in two clusters.
  expect(found.length).toBeGreaterThan(0.9 * said.length);
});

test("the hash encoder does not know all of them, and it is said", () => {
  const random = createRandom("near repeats by words");
  const word = (): string => `w${Math.floor(600 * uniform(random) ** 2)}`;
  const all = Array.from({ length: REFERENCE }, () => Array.from({ length: 8 }, word).join(" "));
  const events = all.flatMap((text, i) => (i % 5 === 0 ? [{ text }, { text: `${text} please` }] : [{ text }]));
  const { details } = watching(events, { kind: "hash" });
  expect(details.warnings).toEqual([expect.stringMatching(/count once.* several times as often as promised/)]);
});

test("what is said again later counts again, and elsewhere near-duplicates are texts like others", () => {
  expect(repeats(watching(repeating(700, 60)))).toEqual([]);
  const { all, nearly } = texts(700);
  const burst = Array.from({ length: 20 }, (_, i) => nearly(450, `${i}`));
  const seen = watching([...all.slice(0, 460), ...burst]);
  expect(seen.details.warnings).toEqual([]);
  expect(repeats(seen)).toEqual([]);
});

test("a stream that says little else keeps its texts, and it is said", () => {
  const { all, nearly } = texts(200);
  const script = all.flatMap((event, i) => [event, nearly(i, "please"), nearly(i, "now"), nearly(i, "again")]);
  const seen = watching(script);
  expect(state(seen).texts.length).toBe(REFERENCE);
  expect((seen.details.warnings as string[]).join(" ")).toMatch(
    /% of the reference's texts nearly repeat .* only exact repeats count once/,
  );
});

test("turns of one conversation may be alike: where ids tell them apart none is left out", () => {
  const events = repeating(700, 20).map((event, i) => ({ ...event, session: `s${Math.floor(i / 25)}` }));
  const seen = watching(events);
  expect(seen.details.sessions).toMatchObject({ kind: "ids", turns: 25 });
  expect((seen.details.warnings as string[]).join(" ")).toMatch(/only exact repeats count once/);
  expect(state(seen).texts.length).toBe(REFERENCE);
});

test("without texts there are no near-duplicates", () => {
  expect(nearDuplicates(new Float32Array(0), [], 40)).toBe(0);
});

function state(seen: { readonly state: State }): { readonly texts: readonly string[] } {
  return seen.state.watch!.reference;
}
