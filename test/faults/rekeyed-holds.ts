import { expect } from "vitest";
import { saidTwice } from "./left-behind.ts";
import type { RekeyedResult } from "./rekeyed-rounds.ts";

/** All that must hold, whatever happened. */
export function holds({ left, oracle, sent, goodByKey, eventsByKey, passages, topic }: RekeyedResult): void {
  // Everything that was sent went through, and to one partition for each key.
  expect(new Set(passages.map(({ from, at }) => `${from}@${at}`))).toEqual(sent);
  const homes = new Map<string, Set<number>>();
  for (const { key, to } of passages) if (key !== null) homes.set(key, (homes.get(key) ?? new Set()).add(to));
  for (const at of homes.values()) expect(at.size).toBe(1);
  // Each event was applied once.
  expect(eventsByKey).toEqual(goodByKey);
  expect(oracle.signals.length).toBeGreaterThan(20);
  expect(left).toEqual(oracle);
  expect(saidTwice(left)).toBe(0);
  // At the places where they stood in the source.
  for (const { body } of left.signals) expect((body as { position: { topic: string } }).position.topic).toBe(topic);
  expect(left.deadLetters.length).toBe(sent.size - Object.values(goodByKey).reduce((a, b) => a + b, 0));
}
