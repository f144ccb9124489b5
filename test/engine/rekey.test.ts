import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { createRandom, type Random, uniform } from "../../detectors/statistics/random.ts";
import type { Detector, Model } from "../../engine/detector.ts";
import { createIntake } from "../../engine/intake.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createCounters, type Monitor } from "../../engine/monitor.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { Store } from "../../engine/store.ts";
import { createDecoder, createKeyDecoder } from "../../ingest/decode/decoder.ts";
import { jsonFormat } from "../../ingest/decode/formats/format.ts";
import { hasty, INTERNAL, type LossyTopic, rekeyInto } from "../support/lossy-topic.ts";
import { type Owner, read, throughOwners } from "../support/owners.ts";
import { openToy, toyDetector } from "../support/toy-detector.ts";

const SOURCES = 3;
const PARTITIONS = 2;
const RECORDS = 60;
const KEYS = ["a", "b", "c", "d", "e"];
const SOURCE = "source";

interface World extends LossyTopic {
  readonly store: Store;
}

/** A member of its own over the same store and topics. */
function member(world: World): Owner & { readonly monitor: Monitor } {
  const { store } = world;
  const keyOf = createKeyDecoder(jsonFormat());
  const rekey = rekeyInto(world, SOURCE, keyOf);
  const monitor: Monitor = {
    run: "test",
    name: "m",
    detector: toyDetector as unknown as Detector,
    model: openToy(Number.POSITIVE_INFINITY, true) as Model,
    decode: createDecoder({ event: toyDetector.event }),
    routes: [],
    order: "key",
    from: "earliest",
    rekey,
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 1000, bytes: 2 ** 28 },
    checkpoint: { events: 7, ms: Number.POSITIVE_INFINITY },
    counters: createCounters(),
  };
  const context = { run: "test", store, meter: NO_METER, clock: hasty(), log: silentLog, onCommit: () => {} };
  return {
    intake: createIntake(
      () => [monitor],
      context,
      () => {},
    ),
    monitor,
  };
}

function sourceRecords(partition: number, random: Random): RawRecord[] {
  return Array.from({ length: RECORDS }, (_, i) => {
    const key = KEYS[Math.floor(uniform(random) * KEYS.length)]!;
    // Some offsets hold nothing; some records cannot be read.
    const value = i % 20 === 7 ? "{broken" : JSON.stringify({ key, value: partition + i / 100 });
    return { offset: 2 * i, key: Buffer.from(`${partition}`), value: Buffer.from(value), time: i };
  });
}

async function throughAll(seed: number) {
  const random = createRandom("rekey", seed);
  const log: RawRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const world: World = { random, store: createMemoryStore(), log, lossy: 0.3 };
  const sources = Array.from({ length: SOURCES }, (_, p) => sourceRecords(p, random));
  await throughOwners(world, () => member(world), SOURCE, sources);
  return { world, sources };
}

/** What one partition of the source sent, without what was there before. */
function firstOffsets(records: readonly RawRecord[], partition: number): number[] {
  const offsets = records
    .map(({ headers }) =>
      Buffer.from(headers!.find((h) => h.name === "tidegauge-from")!.value!)
        .toString()
        .split(" "),
    )
    .flatMap(([from, offset]) => (Number(from) === partition ? [Number(offset)] : []));
  return [...new Set(offsets)];
}

test("whoever dies, is replaced or hears no answer: each event is applied once, in its partition's order, at its place", async () => {
  let repeated = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
      const { world, sources } = await throughAll(seed);
      const { store, log } = world;
      const wanted: Record<string, number> = {};
      for (const { value } of sources.flat()) {
        const key = /"key":"(\w)"/.exec(Buffer.from(value!).toString())?.[1];
        if (key) wanted[key] = (wanted[key] ?? 0) + 1;
      }
      const { items } = await store.keys({ run: "test", monitor: "m", limit: 100 });
      expect(Object.fromEntries(items.map(({ key, events }) => [key, events]))).toEqual(wanted);
      const { items: letters } = await store.deadLetters({ monitor: "m", limit: 1000 });
      expect(letters.map((l) => `${l.topic}[${l.partition}]@${l.offset} ${l.key}`).sort()).toEqual(
        sources
          .flatMap((records, p) =>
            records.filter((_, i) => i % 20 === 7).map((r) => `${SOURCE}[${p}]@${r.offset} ${r.key}`),
          )
          .sort(),
      );
      for (const records of log)
        for (let p = 0; p < SOURCES; p++) {
          const offsets = firstOffsets(records, p);
          expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        }
      repeated += log.flat().length - SOURCES * RECORDS;
    }),
    { numRuns: 25 },
  );
  expect(repeated).toBeGreaterThan(1000);
});

test("a dead letter is fed again through the stage, once, wherever its key belongs now", async () => {
  const world: World = {
    random: createRandom("again", 1),
    store: createMemoryStore(),
    log: Array.from({ length: PARTITIONS }, () => []),
    lossy: 0,
  };
  const { store, log } = world;
  const broken = [{ offset: 0, key: null, value: Buffer.from("{broken"), time: 1 }];
  const first = member(world);
  await read(world, first, SOURCE, 0, broken, 1);
  for (let q = 0; q < PARTITIONS; q++) await read(world, first, INTERNAL, q, log[q]!, 9);
  await first.intake.flush();
  expect(await store.askReplay("test", { monitor: "m" })).toBe(1);
  // Mended by whoever decodes: as if the config had changed.
  const mended = member(world);
  const decode = (record: RawRecord) => ({ key: "a", event: { value: 1 }, time: record.time, id: null });
  Object.assign(mended.monitor, { decode });
  Object.assign(mended.monitor.rekey!, { keyOf: () => "a" });
  await mended.intake.claim({ topic: SOURCE, partition: 0 }, SOURCE);
  const name = { run: "test", monitor: "m", topic: SOURCE, partition: 0 };
  for (const station of mended.intake.stations()) {
    await station.replay(await store.pendingReplays(name, 9));
    // Asked again before any lane came to it: it was written already.
    await station.replay(await store.pendingReplays(name, 9));
  }
  expect(log.flat()).toHaveLength(2);
  // As a member writes it that was killed and starts again.
  for (const to of log) for (const record of [...to].slice(-1)) to.push({ ...record, offset: to.length });
  for (let q = 0; q < PARTITIONS; q++) await read(world, mended, INTERNAL, q, log[q]!, 9);
  await mended.intake.flush();
  expect((await store.key("test", "m", "a"))?.events).toBe(1);
  expect(await store.deadLetterStates({ monitor: "m" })).toEqual({ kept: 0, asked: 0, replayed: 1 });
  const again = member(world);
  for (let q = 0; q < PARTITIONS; q++) await read(world, again, INTERNAL, q, log[q]!, 9);
  await again.intake.flush();
  expect((await store.key("test", "m", "a"))?.events).toBe(1);
});
