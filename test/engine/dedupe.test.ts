import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { remains, type Setup, start } from "./harness.ts";

const KEYS = "abc";

/** Values that make the toy drift and recover; every id once. */
function originals(n: number): { key: string; value: number; id: string | number }[] {
  let x = 11;
  return Array.from({ length: n }, (_, i) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return { key: KEYS[x % 3]!, value: (i % 200 < 100 ? 1 : -1) * ((x >>> 8) % 13), id: i % 2 === 0 ? i : `e${i}` };
  });
}

/** Some come again within the next 30 events, some twice; some are not known by an id. */
function withRepeats(all: readonly object[]): unknown[] {
  const out: { at: number; event: unknown }[] = [];
  let x = 5;
  all.forEach((event, i) => {
    out.push({ at: i, event });
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    for (let k = 0; k < (x >>> 4) % 3; k++) out.push({ at: i + 0.5 + ((x >>> 9) % 30), event });
  });
  return out.sort((a, b) => a.at - b.at).map(({ event }) => event);
}

const setup = (more: Setup = {}): Setup => ({ ...more, monitor: { dedupe: 64, ...more.monitor } });

/** What is left but for where in the stream it came from. */
function withoutPlaces(left: unknown): unknown {
  return JSON.parse(
    JSON.stringify(left, (name, value) =>
      ["id", "position", "notifications", "first", "signal"].includes(name) ? undefined : value,
    ),
  );
}

async function through(events: readonly unknown[], more: Setup = {}) {
  const run = await start(setup(more));
  await run.source.push(0, events);
  await run.service.stop();
  return run;
}

test("sent twice is as sent once: states, indices and signals; what was passed over is counted and no dead letter", async () => {
  const once = originals(400);
  const often = withRepeats(once);
  const [a, b] = [await through(once), await through(often)];
  expect(b.monitor.counters).toMatchObject({
    consumed: often.length,
    accepted: 400,
    duplicates: often.length - 400,
    rejected: {},
  });
  const [left, again] = [withoutPlaces(await remains(a.store)), withoutPlaces(await remains(b.store))];
  expect(again).toMatchObject({ signals: (left as { signals: object[] }).signals, rejected: {} });
  const events = async ({ store }: typeof a) =>
    (await store.keys({ run: "test", monitor: "m", limit: 9 })).items.map((k) => k.events);
  expect(await events(b)).toEqual(await events(a));
});

test("whatever the batches, however often it is killed, keys evicted in between or not", async () => {
  const often = withRepeats(originals(300));
  const expected = await remains((await through(often)).store);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: often.length - 1 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 70 }),
      fc.boolean(),
      async (kills, batch, evicting) => {
        const store = createMemoryStore();
        const log = new Map();
        const monitor = evicting ? { limits: { keys: 1, bytes: 2 ** 28 } } : {};
        let at = 0;
        for (const kill of [...new Set(kills)].sort((one, two) => one - two)) {
          const victim = await start(setup({ store, log, batch, monitor }));
          await victim.source.push(0, often.slice(at, kill));
          at = kill;
        }
        const last = await start(setup({ store, log, batch, monitor }));
        await last.source.push(0, often.slice(at));
        await last.service.stop();
        expect(await remains(store)).toEqual(expected);
      },
    ),
    { numRuns: 25 },
  );
});

test("an event without an id, one of another key, one refused before and one longer ago than is remembered are no duplicates", async () => {
  const { monitor, store } = await through(
    [
      { key: "a", value: 1 },
      { key: "a", value: 1 },
      { key: "a", value: 1, id: "x" },
      { key: "b", value: 1, id: "x" },
      { key: "a", value: 13, id: "mended" },
      { key: "a", value: 12, id: "mended" },
      { key: "a", value: 1, id: "x" },
      { key: "a", value: 1, id: "y" },
      { key: "a", value: 1, id: "x" },
    ],
    { monitor: { dedupe: 2 } },
  );
  expect(monitor.counters).toMatchObject({ accepted: 7, duplicates: 1 });
  expect(await store.deadLetterCounts()).toEqual({ "wrong-dimension": 1 });
});

test("a late one that came before is a duplicate; the number may change and be taken out", async () => {
  const store = createMemoryStore();
  const log = new Map();
  const at = (id: number, time: number) => ({ value: 1, id, time });
  const run = async (dedupe: number | undefined, events: unknown[]) => {
    const running = await start({ store, log, monitor: { dedupe, allowedLatenessMs: 10 } });
    await running.source.push(0, events);
    await running.service.stop();
    return running.monitor.counters;
  };
  expect(await run(9, [at(1, 1000), at(2, 2000), at(1, 1000)])).toMatchObject({
    accepted: 2,
    duplicates: 1,
    rejected: {},
  });
  expect(await run(1, [at(2, 2000), at(1, 2000)])).toMatchObject({ accepted: 1, duplicates: 1 });
  expect(await run(undefined, [at(1, 2000)])).toMatchObject({ accepted: 1, duplicates: 0 });
});
