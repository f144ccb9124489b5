import { expect, test } from "vitest";
import { toleranceOf } from "./promise.ts";
import type { ReferenceFacts } from "./reference.ts";
import { shortText } from "./short-text.ts";

const facts = { sessions: "none" } as ReferenceFacts;
const options = shortText.options.parse({});

test("a topic may grow by less than one among far texts, which is known from fewer, before it counts", () => {
  expect(toleranceOf(facts, options, "given", "cluster")).toBe(1.3);
  expect(toleranceOf(facts, options, "external", "cell")).toBe(1.5);
});

test("with the hash encoder and with sessions both are the same, and what a person sets holds for both", () => {
  const both = (of: readonly [ReferenceFacts, typeof options, "given" | "hash"]): number[] =>
    (["cluster", "cell"] as const).map((kind) => toleranceOf(...of, kind));
  expect(both([facts, options, "hash"])).toEqual([1.1, 1.1]);
  expect(both([{ ...facts, sessions: "ids" }, options, "given"])).toEqual([1.25, 1.25]);
  expect(both([facts, { ...options, surgeTolerance: 2 }, "hash"])).toEqual([2, 2]);
});
