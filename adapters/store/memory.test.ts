import { describe, expect, test } from "vitest";
import { ownLane, signalOf } from "./law-samples.ts";
import { storeLaws } from "./laws.ts";
import { createMemoryStore } from "./memory.ts";

storeLaws("memory", async () => {
  const store = createMemoryStore();
  return { store, another: store, end: () => store.close() };
});

describe("memory store", () => {
  test("a commit that fails beforehand writes nothing, one that fails afterwards has written all", async () => {
    let failBefore = false;
    let failAfter = false;
    const store = createMemoryStore({
      beforeCommit: () => {
        if (failBefore) throw new RangeError("before");
      },
      afterCommit: () => {
        if (failAfter) throw new RangeError("after");
      },
    });
    const owner = await ownLane(store);
    const { monitor, run } = owner.name;
    failBefore = true;
    await expect(owner.commit({ signals: [signalOf(monitor)] })).rejects.toThrow("before");
    expect((await store.lanes(run))[0]!.nextOffset).toBeNull();
    failBefore = false;
    failAfter = true;
    await expect(owner.commit({ signals: [signalOf(monitor)] })).rejects.toThrow("after");
    expect((await store.lanes(run))[0]!.nextOffset).toBe(1);
    expect((await store.signals({ monitor, limit: 9 })).items.length).toBe(1);
  });
});
