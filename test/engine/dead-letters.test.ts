import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { systemClock } from "../../engine/clock.ts";
import { startDispatcher } from "../../engine/dispatch.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import type { Monitor } from "../../engine/monitor.ts";
import { REFUSED_KEY } from "../../engine/refusals.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { toyDetector } from "../support/toy-detector.ts";
import { RUN, remains, start } from "./harness.ts";

const bad = (i: number) => ({ text: `no value ${i}` });
const good = (i: number) => ({ value: (i % 7) - 3 });
/** The mended config: the value is somewhere else in the new shape. */
const mended: Partial<Monitor> = { decode: createDecoder({ event: toyDetector.event, fields: { value: "/v" } }) };

test("five thousand records of a new shape are one episode, one alert and, at the end, one count", async () => {
  const { source, service, store } = await start();
  await source.push(
    0,
    Array.from({ length: 500 }, (_, i) => good(i)),
  );
  await source.push(
    0,
    Array.from({ length: 5000 }, (_, i) => bad(i)),
  );
  await source.push(
    0,
    Array.from({ length: 500 }, (_, i) => good(i)),
  );
  await service.stop();
  const { items } = await store.signals({ key: REFUSED_KEY, limit: 10 });
  expect(items.map((s) => [s.kind, s.position.offset])).toEqual([
    ["schema_change", "522"],
    ["recovered", "5889"],
  ]);
  expect(items[1]!.explanation).toMatchObject({ records: 5000, reason: "missing-field" });
  const { items: episodes } = await store.episodes({ key: REFUSED_KEY, limit: 10 });
  expect(episodes.map((e) => [e.kind, e.state, e.severity])).toEqual([["schema_change", "closed", "critical"]]);
  const told = (await store.notifications({ channel: "ops", limit: 10 })).items.map((n) => n.phase);
  expect(told.sort()).toEqual(["opened", "resolved"]);
});

test("the alert may be acknowledged though it is no key's, survives upkeep, and stops and restarts change nothing", async () => {
  const stream = [...Array.from({ length: 100 }, (_, i) => bad(i)), ...Array.from({ length: 900 }, (_, i) => good(i))];
  const whole = await start();
  await whole.source.push(0, stream);
  await whole.service.stop();
  const store = createMemoryStore();
  const log: (typeof whole)["log"] = new Map();
  for (let at = 0; at < stream.length; at += 90) {
    const part = await start({ store, log });
    await part.source.push(0, stream.slice(at, at + 90));
    await part.service.stop();
  }
  expect(await remains(store)).toEqual(await remains(whole.store));

  const one = await start();
  await one.source.push(0, stream.slice(0, 100));
  await one.store.prune({ signalDays: 1, deadLetterDays: 1, idleKeyDays: 1 });
  const { id, state } = (await one.store.episodes({ key: REFUSED_KEY, limit: 1 })).items[0]!;
  expect(state).toBe("open");
  const command = { run: RUN, monitor: "m", key: REFUSED_KEY, kind: "acknowledge", episode: id, note: null } as const;
  await one.store.addCommand(command);
  one.service.poke();
  await expect.poll(async () => (await one.store.episode(id))?.state, { timeout: 60_000 }).toBe("acknowledged");
  await one.service.stop();
});

test("asked for twice, fed again once: dead letters are accepted by a mended config, marked, and not counted again", async () => {
  const store = createMemoryStore();
  const log: Awaited<ReturnType<typeof start>>["log"] = new Map();
  const first = await start({ store, log, monitor: mended });
  await first.source.push(0, [{ v: 1 }, { value: 2 }, { value: 3 }, { v: 4 }, "junk"]);
  await first.service.stop();
  expect(await store.deadLetterCounts()).toEqual({ "missing-field": 2, "not-json": 1 });

  const second = await start({ store, log });
  expect(await store.askReplay(RUN, { monitor: "m" })).toBe(3);
  expect(await store.askReplay(RUN, { monitor: "m" })).toBe(0);
  second.service.poke();
  await expect
    .poll(() => store.deadLetterStates({ monitor: "m" }), { timeout: 60_000 })
    .toEqual({ kept: 1, asked: 0, replayed: 2 });
  expect(second.monitor.counters.accepted).toBe(2);
  expect((await store.key(RUN, "m", "all"))!.events).toBe(4);
  // What was refused again says why, and may be asked for again; what was accepted may not.
  expect(await store.deadLetterCounts()).toEqual({ "not-json": 1 });
  expect(await store.askReplay(RUN, {})).toBe(1);
  second.service.poke();
  await expect.poll(async () => (await store.deadLetterStates({})).asked, { timeout: 60_000 }).toBe(0);
  await second.service.stop();
  expect((await store.key(RUN, "m", "all"))!.events).toBe(4);
});

/** Two hundred that are refused, with some between that are not. */
const mixed = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? { v: i % 13 } : good(i)));

test("two members feed again what is of their own partitions, each record once", async () => {
  const store = createMemoryStore();
  const members = [];
  for (const topic of ["a", "b"]) {
    const first = await start({ store, topic });
    await first.source.push(0, mixed, `key of ${topic}`);
    await first.service.stop();
    members.push(await start({ store, topic, log: first.log, monitor: mended }));
  }
  expect(await store.askReplay(RUN, { monitor: "m" })).toBe(400);
  for (const { service } of members) service.poke();
  await expect
    .poll(() => store.deadLetterStates({}), { timeout: 60_000 })
    .toEqual({ kept: 0, asked: 0, replayed: 400 });
  for (const { service } of members) await service.stop();
  expect(members.map(({ monitor }) => monitor.counters.accepted)).toEqual([200, 200]);
  for (const topic of ["a", "b"]) expect((await store.key(RUN, "m", `key of ${topic}`))!.events).toBe(400);
});

test("a member killed while it feeds dead letters again, before a commit or just after it: each counts once", async () => {
  const feedAgain = async (killed: { readonly commit: number; readonly when: "before" | "after" } | null) => {
    let commits = 0;
    let dies: () => void = () => {};
    const death = new Promise<void>((resolve) => {
      dies = resolve;
    });
    const maybeDie = (when: "before" | "after", replayed: number): void | Promise<void> => {
      if (replayed === 0 || killed?.when !== when || commits++ !== killed.commit) return;
      dies();
      return new Promise(() => {});
    };
    const store = createMemoryStore({
      beforeCommit: ({ replayed = [] }) => maybeDie("before", replayed.length),
      afterCommit: ({ replayed = [] }) => maybeDie("after", replayed.length),
    });
    const first = await start({ store });
    await first.source.push(0, mixed);
    await first.service.stop();
    const victim = await start({ store, log: first.log, monitor: mended });
    expect(await store.askReplay(RUN, {})).toBe(200);
    victim.service.poke();
    if (killed !== null) {
      await death;
      for (const { intake } of victim.service.feeds()) intake.abandon();
      const next = await start({ store, log: first.log, monitor: mended });
      next.service.poke();
    }
    await expect
      .poll(() => store.deadLetterStates({}), { timeout: 60_000 })
      .toEqual({ kept: 0, asked: 0, replayed: 200 });
    expect((await store.key(RUN, "m", "all"))!.events).toBe(400);
    return remains(store);
  };
  const undisturbed = await feedAgain(null);
  expect((undisturbed as { signals: unknown[] }).signals.length).toBeGreaterThan(3);
  for (const commit of [0, 1, 3]) {
    for (const when of ["before", "after"] as const) expect(await feedAgain({ commit, when })).toEqual(undisturbed);
  }
});

test("each partition finds the same change of schema, and people hear of it once, and once that it is over", async () => {
  const { source, service, store } = await start({ partitions: 3, monitor: { quietEvents: 1000 } });
  const all = async (values: readonly unknown[]) => {
    for (const partition of [0, 1, 2]) await source.push(partition, values, `k${partition}`);
  };
  const told: string[] = [];
  const dispatcher = startDispatcher({
    channels: [
      {
        name: "ops",
        async deliver({ phase, about }) {
          told.push(`${about?.kind} ${phase}`);
          return { kind: "delivered" };
        },
      },
    ],
    clock: systemClock,
    log: silentLog,
    outbox: store,
    meter: NO_METER,
  });
  const settled = async (notifications: number) => {
    dispatcher.wake();
    await expect
      .poll(async () => (await store.notifications({ channel: "ops", limit: 20 })).items.map(({ state }) => state))
      .toEqual(expect.toSatisfy((states: string[]) => states.length === notifications && !states.includes("waiting")));
  };
  const bads = Array.from({ length: 60 }, (_, i) => bad(i));
  await all(bads);
  await settled(3);
  expect(told).toEqual(["schema_change opened"]);
  await all(Array.from({ length: 600 }, () => ({ value: 0 })));
  await settled(6);
  expect(told).toEqual(["schema_change opened", "schema_change resolved"]);
  expect((await store.signals({ key: REFUSED_KEY, limit: 20 })).items.map(({ kind }) => kind).toSorted()).toEqual([
    "recovered",
    "recovered",
    "recovered",
    "schema_change",
    "schema_change",
    "schema_change",
  ]);
  await dispatcher.stop();
  await service.stop();
});
