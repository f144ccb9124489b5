import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import type { Model } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { openToy } from "../support/toy-detector.ts";
import { RUN, remains, type Setup, start } from "./harness.ts";

/** Deterministic events: three keys, values that make the toy drift and recover, some garbage. */
function events(n: number): unknown[] {
  let x = 7;
  return Array.from({ length: n }, (_, i) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    if (x % 41 === 0) return "{broken";
    if (x % 43 === 0) return { key: "a", value: "text" };
    if (x % 47 === 0) return { key: "b", value: 13 };
    return { key: "abc"[x % 3], value: (i % 400 < 200 ? 1 : -1) * ((x >>> 8) % 15) };
  });
}

async function runAll(all: readonly unknown[], setup: Setup = {}) {
  const run = await start(setup);
  await run.source.push(0, all);
  await run.service.stop();
  return run;
}

describe("a stream through the engine", () => {
  test("heavy keys that come back in number are brought a few at a time; one heavy key's events stay together", async () => {
    const toy = openToy(Number.POSITIVE_INFINITY, true) as Model;
    const sizes: number[] = [];
    let saved = 0;
    const model: Model = {
      ...toy,
      prepare: async (batch) => {
        sizes.push(batch.length);
        return batch.map(() => null);
      },
      save: async (states) =>
        (await toy.save(states)).map((s) => ({
          ...s,
          parts: [makePart(new Uint8Array(100_000).fill(saved++, 0, 1).fill(saved >> 8, 1, 2)), ...s.parts],
        })),
    };
    const setup = {
      batch: 1000,
      monitor: { model, limits: { keys: 10_000, bytes: 2 ** 22 }, checkpoint: { events: 500, ms: 1e9 } },
    };
    const { source, service } = await start(setup);
    const say = (key: string): unknown => ({ key, value: 0 });
    await source.push(0, [say("one")]);
    await source.push(
      0,
      Array.from({ length: 500 }, () => say("one")),
    );
    expect(Math.max(...sizes)).toBe(500);
    const all = Array.from({ length: 600 }, (_, i) => say(`k${i}`));
    await source.push(0, all);
    sizes.length = 0;
    await source.push(0, all);
    await service.stop();
    expect(sizes.reduce((a, b) => a + b)).toBe(600);
    expect(Math.max(...sizes)).toBeLessThan(60);
  });

  test("each event is accepted or a dead letter, and signals have consecutive indices per key", async () => {
    const { store, monitor } = await runAll(events(1000));
    const rejected = await store.deadLetterCounts();
    const dead = Object.values(rejected).reduce((a, b) => a + b, 0);
    expect(monitor.counters.consumed).toBe(1000);
    expect(monitor.counters.accepted + dead).toBe(1000);
    expect(Object.keys(rejected).sort()).toEqual(["not-json", "wrong-dimension", "wrong-type"]);
    const keys = await store.keys({ run: RUN, monitor: "m", limit: 10 });
    expect(keys.items.reduce((sum, k) => sum + k.events, 0)).toBe(monitor.counters.accepted);
    const { items } = await store.signals({ limit: 1000 });
    expect(new Set(items.map((s) => s.kind))).toEqual(new Set(["drift", "explained", "recovered"]));
    expect(new Set(items.map((s) => s.id)).size).toBe(items.length);
  });

  test("an alarm opens one episode and one notification per channel, its recovery closes both", async () => {
    const { source, service, store } = await start();
    await source.push(0, [...Array(30).fill({ value: 60 }), ...Array(10).fill({ value: -60 })]);
    await service.stop();
    const { items } = await store.episodes({ limit: 10 });
    expect(items).toHaveLength(1);
    // A drift every second event, and one explanation.
    expect(items[0]).toMatchObject({
      state: "closed",
      kind: "drift",
      signals: 16,
      opened: { index: 1 },
      closed: { reason: "recovered", index: 31 },
    });
    const due = (await store.notifications({ channel: "ops", limit: 10 })).items.toReversed();
    expect(due.map((d) => d.phase)).toEqual(["opened", "resolved"]);
    expect(due[0]!.about).toEqual({ monitor: "m", detector: "toy", key: "all", kind: "drift", severity: "warning" });
    // The end is not told before the beginning is.
    expect(await store.takeDue("ops", 10, 60_000)).toHaveLength(1);
    expect(JSON.parse(due[0]!.body)).toMatchObject({
      kind: "drift",
      index: 1,
      position: { topic: "memory", partition: 0, offset: "1" },
    });
  });

  test("a detector that never recovers has its episode closed after quietEvents", async () => {
    const model = openToy(Number.POSITIVE_INFINITY, false) as Model;
    const { source, service, store } = await start({ monitor: { model, quietEvents: 50 } });
    await source.push(0, [{ value: 101 }, ...Array(60).fill({ value: 0 })]);
    await service.stop();
    const { items } = await store.signals({ limit: 10 });
    expect(items.map((s) => [s.kind, s.index])).toEqual([
      ["drift", 0],
      ["explained", 0],
      ["recovered", 50],
    ]);
    expect((await store.episodes({ limit: 5 })).items[0]?.closed).toMatchObject({ reason: "quiet", index: 50 });
  });
});

describe("laws of the pipeline", () => {
  const all = events(600);
  const undisturbed = runAll(all).then((r) => remains(r.store));

  test("killed anywhere and started again is the same as not killed", async () => {
    const expected = await undisturbed;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 599 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 70 }),
        async (kills, batch) => {
          const store = createMemoryStore();
          const log = new Map();
          let at = 0;
          for (const kill of [...new Set(kills)].sort((a, b) => a - b)) {
            const victim = await start({ store, log, batch });
            await victim.source.push(0, all.slice(at, kill));
            at = kill;
            // No stop: what was not committed is lost with the process.
          }
          const last = await start({ store, log, batch });
          await last.source.push(0, all.slice(at));
          await last.service.stop();
          expect(await remains(store)).toEqual(expected);
        },
      ),
      { numRuns: 25, seed: 3 },
    );
  });

  test("rebalanced anywhere is the same as not rebalanced", async () => {
    const store = createMemoryStore();
    const { source, service } = await start({ store });
    for (let at = 0; at < all.length; at += 75) {
      await source.push(0, all.slice(at, at + 75));
      await source.rebalance();
    }
    await service.stop();
    expect(await remains(store)).toEqual(await undisturbed);
  });

  test("states that leave memory and come back are the same as states that stay", async () => {
    const { store } = await runAll(all, { monitor: { limits: { keys: 1, bytes: 2 ** 28 } } });
    expect(await remains(store)).toEqual(await undisturbed);
  });

  test("batch sizes and checkpoints do not matter", async () => {
    for (const [batch, every] of [
      [1, 1],
      [7, 3],
      [600, 5000],
    ] as const) {
      const { store } = await runAll(all, {
        batch,
        monitor: { checkpoint: { events: every, ms: Number.POSITIVE_INFINITY } },
      });
      expect(await remains(store)).toEqual(await undisturbed);
    }
  });
});

describe("ownership", () => {
  test("a zombie writes nothing once another member has claimed its partition", async () => {
    const store = createMemoryStore();
    const log = new Map();
    const zombie = await start({
      store,
      log,
      monitor: { checkpoint: { events: 1_000_000, ms: Number.POSITIVE_INFINITY } },
    });
    await zombie.source.push(0, Array(5).fill({ value: 101 }));
    const heir = await start({ store, log });
    await heir.source.push(0, [{ value: 1 }]);
    await heir.service.stop();
    const before = await remains(store);
    await zombie.service.stop();
    expect(await remains(store)).toEqual(before);
    expect((await store.signals({ limit: 100 })).items.filter((s) => s.kind === "drift")).toHaveLength(5);
  });

  test("a key on a second partition halts the monitor with one clear error", async () => {
    const { source, service, monitor } = await start({ partitions: 2 });
    await source.push(0, Array(25).fill({ key: "a", value: 1 }));
    await expect(source.push(1, Array(25).fill({ key: "a", value: 1 }))).rejects.toThrow(/order: none/);
    expect(monitor.counters.consumed).toBe(50);
    await service.stop();
  });

  test("with order none each partition has its own state of the key", async () => {
    const { source, service, store } = await start({ partitions: 2, monitor: { order: "none" } });
    for (const partition of [0, 1]) await source.push(partition, Array(25).fill({ key: "a", value: 1 }));
    await service.stop();
    const { items } = await store.keys({ run: RUN, monitor: "m", limit: 10 });
    expect(items.map((k) => [k.key, k.events]).sort()).toEqual([
      ["a@0", 25],
      ["a@1", 25],
    ]);
  });

  test("a detector that throws halts its monitor at its last commit", async () => {
    const model = openToy(77, true) as Model;
    const { source, service, store } = await start({ monitor: { model } });
    await source.push(0, Array(40).fill({ value: 1 }));
    await expect(source.push(0, [{ value: 77 }])).rejects.toMatchObject({ code: "DETECTOR_FAILED" });
    await service.stop();
    const key = await store.key(RUN, "m", "all");
    expect(key?.events).toBe(40);
  });
});

describe("time and people", () => {
  test("events later than allowed are rejected as late, per key", async () => {
    const times = [0, 10_000, 9_500, 8_000, 11_000];
    const { source, service, store } = await start({ timeOf: (i) => times[i]!, monitor: { allowedLatenessMs: 1000 } });
    await source.push(0, Array(5).fill({ value: 1 }));
    await service.stop();
    expect(await store.deadLetterCounts()).toEqual({ late: 1 });
    expect((await store.deadLetters({ limit: 5 })).items[0]).toMatchObject({ reason: "late", offset: 3 });
  });

  test("a command is applied once, inside a commit, and closes what it should", async () => {
    const { source, service, store } = await start();
    await source.push(0, Array(25).fill({ value: 60 }));
    const command = { run: RUN, monitor: "m", key: "all", episode: null, note: null };
    await store.addCommand({ ...command, kind: "acknowledge" });
    await expect
      .poll(async () => (await store.episodes({ limit: 1 })).items[0]?.state, { timeout: 60_000 })
      .toBe("acknowledged");
    expect((await store.episodes({ limit: 1 })).items[0]?.acknowledged).toEqual({ index: 24, time: null });
    await store.addCommand({ ...command, kind: "adapt" });
    await expect
      .poll(async () => (await store.episodes({ limit: 1 })).items[0]?.state, { timeout: 60_000 })
      .toBe("closed");
    await service.stop();
    expect(await store.pendingCommands(RUN)).toEqual([]);
    expect((await store.episodes({ limit: 5 })).items[0]?.closed?.reason).toBe("adapted");
  });
});
