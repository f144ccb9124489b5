import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { systemClock } from "../../engine/clock.ts";
import type { Detector, Model } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { createIntake } from "../../engine/intake.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createCounters, type Monitor } from "../../engine/monitor.ts";
import { createService, type Feed, type Service, type ServiceContext } from "../../engine/service.ts";
import type { RecordBatch } from "../../engine/source.ts";
import type { Store } from "../../engine/store.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { createInboxSource } from "../../ingest/inbox.ts";
import { createMemorySource } from "../support/memory-source.ts";
import { openToy, toyDetector } from "../support/toy-detector.ts";
import { RUN, start } from "./harness.ts";

const partition = { topic: "t", partition: 0 };

function monitorOf(name: string, changes: Partial<Monitor> = {}): Monitor {
  return {
    run: RUN,
    name,
    detector: toyDetector as unknown as Detector,
    model: openToy(Number.POSITIVE_INFINITY, true) as Model,
    decode: createDecoder({ event: toyDetector.event }),
    routes: [],
    order: "key",
    from: "earliest",
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 1000, bytes: 2 ** 28 },
    checkpoint: { events: 20, ms: Number.POSITIVE_INFINITY },
    counters: createCounters(),
    ...changes,
  };
}

function intakeOf(monitors: readonly Monitor[], store: Store) {
  const context = { store, meter: NO_METER, clock: systemClock, log: silentLog, onCommit: () => {} };
  return createIntake(
    () => monitors,
    context,
    () => {},
  );
}

function serviceOf(feed: Feed, store: Store, more: Partial<ServiceContext> = {}): Service {
  return createService([feed], { run: RUN, store, meter: NO_METER, clock: systemClock, log: silentLog, ...more });
}

function batchOf(from: number, to: number): RecordBatch {
  const records = Array.from({ length: to - from }, (_, i) => ({
    offset: from + i,
    key: null,
    value: Buffer.from('{"value":1}'),
    time: null,
  }));
  return { records, nextOffset: to };
}

async function eventsOf(store: Store, monitor: string): Promise<number> {
  return (await store.key(RUN, monitor, "all"))?.events ?? 0;
}

function unavailable(): never {
  throw new TidegaugeError("STORE_UNAVAILABLE", { why: "test" });
}

test("a state that this program cannot read halts its monitor: no record is passed over", async () => {
  const store = createMemoryStore();
  const log = new Map();
  const first = await start({ store, log });
  await first.source.push(0, Array(25).fill({ value: 1 }));
  await first.service.stop();
  const older = { ...toyDetector, version: 0 } as unknown as Detector;
  const second = await start({ store, log, monitor: { detector: older } });
  for (let i = 0; i < 2; i++) {
    await expect(second.source.push(0, Array(5).fill({ value: 1 }))).rejects.toMatchObject({
      code: "SNAPSHOT_UNREADABLE",
    });
  }
  await second.service.stop();
  expect((await store.lanes(RUN))[0]?.nextOffset).toBe(25);
});

test.each(["save", "prepare", "load", "init"] as const)(
  "a detector that throws in %s halts its own monitor, the other on the same records goes on",
  async (where) => {
    const store = createMemoryStore();
    const sound = monitorOf("sound");
    const boom = () => {
      throw new RangeError("boom");
    };
    const broken = monitorOf("broken", {
      model: { ...openToy(Number.POSITIVE_INFINITY, true), [where]: boom } as unknown as Model,
    });
    const intake = intakeOf([broken, sound], store);
    await intake.claim(partition, null);
    await intake.deliver(partition, batchOf(0, 30));
    await intake.deliver(partition, batchOf(30, 60));
    await intake.close();
    expect(await eventsOf(store, "sound")).toBe(60);
    if (where !== "load") expect(await eventsOf(store, "broken")).toBe(0);
  },
);

test("a monitor whose stored stream is another one halts alone; one that is new on the stream begins", async () => {
  const store = createMemoryStore();
  const before = intakeOf([monitorOf("old")], store);
  await before.claim(partition, "yesterday's");
  await before.deliver(partition, batchOf(0, 30));
  await before.close();
  const intake = intakeOf([monitorOf("old"), monitorOf("new")], store);
  expect(await intake.claim(partition, "today's")).toEqual({ nextOffset: null, cursor: null });
  await intake.deliver(partition, batchOf(0, 10));
  expect([...intake.lanes()].map((lane) => lane.error()?.code ?? null)).toEqual(["TOPIC_RECREATED", null]);
  await intake.close();
  expect([await eventsOf(store, "old"), await eventsOf(store, "new")]).toEqual([30, 10]);
  await expect(intakeOf([monitorOf("old")], store).claim(partition, "today's")).rejects.toMatchObject({
    code: "TOPIC_RECREATED",
  });
});

test("a monitor that wants only what is new does, beside another new one that begins at the first record", async () => {
  const store = createMemoryStore();
  const intake = intakeOf([monitorOf("all"), monitorOf("late", { from: "latest" })], store);
  await intake.claim(partition, null);
  intake.highWatermark(partition, 50);
  await intake.deliver(partition, batchOf(0, 60));
  await intake.close();
  expect([await eventsOf(store, "all"), await eventsOf(store, "late")]).toEqual([60, 10]);
});

test.each(["refuses", "never answers"])("a service stops soon although its store %s", async (how) => {
  let down = false;
  const wait = () => (how === "refuses" ? unavailable() : new Promise<void>(() => {}));
  const store = createMemoryStore({ beforeCommit: () => (down ? wait() : undefined) });
  const source = createMemorySource(new Map());
  const monitor = monitorOf("m");
  const service = serviceOf({ source, monitors: [monitor], monitorsOf: () => [monitor] }, store, {
    stopPatienceMs: 300,
  });
  await service.start();
  await source.push(0, Array(20).fill({ value: 1 }));
  down = true;
  const pushed = source.push(0, Array(60).fill({ value: 1 })).catch((error: unknown) => error);
  const began = performance.now();
  await service.stop();
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(await pushed).toBeInstanceOf(TidegaugeError);
  expect((await store.lanes(RUN))[0]?.nextOffset).toBe(20);
});

test("a service stops soon although its store never says whether there are commands", async () => {
  const store: Store = { ...createMemoryStore(), pendingCommands: () => new Promise(() => {}) };
  const source = createMemorySource(new Map());
  const monitor = monitorOf("m");
  const service = serviceOf({ source, monitors: [monitor], monitorsOf: () => [monitor] }, store, {
    stopPatienceMs: 300,
  });
  await service.start();
  await source.push(0, Array(25).fill({ value: 1 }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await service.stop();
  expect((await store.lanes(RUN))[0]?.nextOffset).toBe(25);
});

test("a mistake of ours ends the process loudly instead of stopping a stream in silence", async () => {
  const store = createMemoryStore();
  const broken: Store = {
    ...store,
    commit: () => Promise.reject(new TypeError("a statement of ours is wrong")),
  };
  const crashes: unknown[] = [];
  const source = createInboxSource({ inbox: store, monitor: "m" });
  const monitor = monitorOf("m", { checkpoint: { events: 1, ms: 10 } });
  const service = serviceOf({ source, monitors: [monitor], monitorsOf: () => [monitor] }, broken, {
    crash: (error) => crashes.push(error),
  });
  await store.appendInbox("m", [Buffer.from('{"value":1}')], 0);
  await service.start();
  await expect.poll(() => crashes.length).toBeGreaterThan(0);
  expect(crashes[0]).toMatchObject({ message: "a statement of ours is wrong" });
});

test("fenced once, an inbox is claimed again and nothing is lost; fenced twice, another member has it", async () => {
  const store = createMemoryStore();
  const source = createInboxSource({ inbox: store, monitor: "m", pollMs: 20 });
  const monitor = monitorOf("m", { checkpoint: { events: 1, ms: 10 } });
  const service = serviceOf({ source, monitors: [monitor], monitorsOf: () => [monitor] }, store);
  const send = () =>
    store.appendInbox(
      "m",
      Array.from({ length: 30 }, () => Buffer.from('{"value":0}')),
      0,
    );
  const steal = () => store.claim({ run: RUN, monitor: "m", topic: "http:m", partition: 0 }, null);
  await service.start();
  await send();
  await expect.poll(() => eventsOf(store, "m")).toBe(30);
  await steal();
  await send();
  await expect.poll(() => eventsOf(store, "m"), { timeout: 60_000 }).toBe(60);
  await steal();
  await send();
  await expect.poll(() => service.feeds()[0]?.error?.code).toBe("FENCED");
  await service.stop();
  expect(await eventsOf(store, "m")).toBe(60);
});

test("large dead letters are committed before they fill the memory", async () => {
  const sizes: number[] = [];
  const store = createMemoryStore({
    beforeCommit: (c) => void sizes.push(c.deadLetters.reduce((sum, d) => sum + (d.value?.length ?? 0), 0)),
  });
  const intake = intakeOf([monitorOf("m", { checkpoint: { events: 1_000_000, ms: Number.POSITIVE_INFINITY } })], store);
  await intake.claim(partition, null);
  const value = Buffer.alloc(4 << 20, "x");
  for (let at = 0; at < 40; at++)
    await intake.deliver(partition, { records: [{ offset: at, key: null, value, time: null }], nextOffset: at + 1 });
  await intake.close();
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(40 << 20);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(9 << 20);
});

test("a key with an open alarm stays in memory longest", async () => {
  const { source, service } = await start({ monitor: { limits: { keys: 4, bytes: 2 ** 28 } } });
  await source.push(0, [{ key: "loud", value: 101 }, ...["a", "b", "c", "d"].map((key) => ({ key, value: 1 }))]);
  const [lane] = service.feeds()[0]!.intake.lanes();
  expect([...lane!.bank.entries()].map((e) => e.key)).toContain("loud");
  await service.stop();
});

test("a state that the store forgot while its key rested does not fence its owner", async () => {
  let now = Date.now();
  const clock = { ...systemClock, now: () => now };
  const store = createMemoryStore({ now: () => now });
  const { source, service } = await start({ store, clock });
  await source.push(0, Array(40).fill({ value: 1 }));
  now += 31 * 86_400_000;
  await service.rest(now - 30 * 86_400_000);
  await store.prune({ signalDays: 90, deadLetterDays: 14, idleKeyDays: 30 });
  await source.push(0, Array(40).fill({ value: 1 }));
  await service.stop();
  expect((await store.key(RUN, "m", "all"))?.events).toBe(40);
});
