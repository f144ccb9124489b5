import { expect, test } from "vitest";
import { createMemoryStore } from "../adapters/store/memory.ts";
import { openToy, toyDetector } from "../test/support/toy-detector.ts";
import { createBank } from "./bank.ts";
import type { Detector, Model } from "./detector.ts";

test.each([
  [100_000, 10],
  [100, 10_000],
  [16_000_000, 1],
])(
  "keys of %d bytes: at most %d of them are brought at once, an eighth of what may be in memory",
  async (bytes, keys) => {
    const toy = openToy(Number.POSITIVE_INFINITY, true) as Model;
    const running = new Uint8Array(bytes);
    const model: Model = { ...toy, save: (states) => states.map(() => ({ version: 1, running, parts: [] })) };
    const bank = createBank(toyDetector as unknown as Detector, model, createMemoryStore(), {
      keys: 1000,
      bytes: 2 ** 23,
    });
    expect(bank.room()).toBe(256);
    await bank.load(1, ["a", "b", "c"]);
    for (const entry of bank.entries()) bank.touch(entry, 0);
    await bank.writes();
    bank.committed();
    // What an entry itself takes counts too.
    expect(bank.room()).toBeGreaterThan(keys / 4);
    expect(bank.room()).toBeLessThanOrEqual(keys);
  },
);
