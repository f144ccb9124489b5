import { expect, test } from "vitest";
import { makePart } from "./part.ts";
import { createScale, weigh } from "./scale.ts";

test("a large part that several states have is held once, until the last of them leaves", () => {
  const scale = createScale();
  const shared = makePart(new Uint8Array(100_000));
  const small = makePart(new Uint8Array(1000));
  const [a, b] = [weigh(10, [shared, small]), weigh(20, [shared, small])];
  scale.add(a);
  expect(scale.total()).toBe(101_010);
  scale.add(b);
  expect(scale.total()).toBe(102_030);
  scale.remove(a);
  expect(scale.total()).toBe(101_020);
  scale.remove(b);
  expect(scale.total()).toBe(0);
});
