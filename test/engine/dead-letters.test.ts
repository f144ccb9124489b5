import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
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
  await expect.poll(async () => (await one.store.episode(id))?.state, { timeout: 20_000 }).toBe("acknowledged");
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
    .poll(() => store.deadLetterStates({ monitor: "m" }), { timeout: 20_000 })
    .toEqual({ kept: 1, asked: 0, replayed: 2 });
  expect(second.monitor.counters.accepted).toBe(2);
  expect((await store.key(RUN, "m", "all"))!.events).toBe(4);
  // What was refused again says why, and may be asked for again; what was accepted may not.
  expect(await store.deadLetterCounts()).toEqual({ "not-json": 1 });
  expect(await store.askReplay(RUN, {})).toBe(1);
  second.service.poke();
  await expect.poll(async () => (await store.deadLetterStates({})).asked, { timeout: 20_000 }).toBe(0);
  await second.service.stop();
  expect((await store.key(RUN, "m", "all"))!.events).toBe(4);
});
