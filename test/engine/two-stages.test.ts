import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { simulateFleet } from "../../detectors/context-drift/simulated-fleet.ts";
import { stages } from "../../detectors/context-drift/stages.ts";
import { loadState } from "../../detectors/context-drift/state.ts";
import { createRandom } from "../../detectors/statistics/random.ts";
import type { Detector, Model, Settings } from "../../engine/detector.ts";
import { createIntake } from "../../engine/intake.ts";
import { unpackState } from "../../engine/key-header.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createCounters, type Monitor } from "../../engine/monitor.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { Store } from "../../engine/store.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { hasty, INTERNAL, type LossyTopic, rekeyInto } from "../support/lossy-topic.ts";
import { throughOwners } from "../support/owners.ts";

const SOURCES = 3;
const PARTITIONS = 2;
const SOURCE = "turns";

interface World extends LossyTopic {
  readonly store: Store;
  readonly reference: number;
  /** Wall clock that passes at each look, ms. */
  readonly tickMs: number;
}

/** A member of its own over the same store and topics. */
function member(world: World) {
  const options = contextDrift.options.parse({});
  const settings: Settings<typeof options> = { options, reference: { first: world.reference }, promise: null, seed: 1 };
  const { first, second } = stages.open(settings);
  const rekey = rekeyInto(world, SOURCE, () => "not asked");
  const counters = createCounters();
  const both: Omit<Monitor, "model" | "decode" | "order"> = {
    run: "test",
    name: "m",
    detector: contextDrift as unknown as Detector,
    routes: [],
    from: "earliest",
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 1000, bytes: 2 ** 28 },
    checkpoint: { events: 7, ms: Number.POSITIVE_INFINITY },
    counters,
  };
  const talk: Monitor = {
    ...both,
    model: first as unknown as Model,
    decode: createDecoder({ event: contextDrift.event, key: "/model" }),
    order: "none",
    gather: { rekey, adopt: first.adopt as NonNullable<Monitor["gather"]>["adopt"] },
  };
  const fleet: Monitor = {
    ...both,
    model: second as Model,
    decode: createDecoder({ event: stages.handed }),
    order: "key",
    gathered: true,
    rekey,
  };
  const { store } = world;
  const context = {
    run: "test",
    store,
    meter: NO_METER,
    clock: hasty(world.tickMs),
    log: silentLog,
    onCommit: () => {},
  };
  const intake = createIntake(
    (topic) => [topic === SOURCE ? talk : fleet],
    context,
    () => {},
  );
  return { intake, counters };
}

const recordOf = (event: object, offset: number): RawRecord => ({
  offset,
  key: null,
  value: Buffer.from(JSON.stringify(event)),
  time: null,
});

/** Conversations of two models, their turns among each other; each first value is its own. Some never end. */
function conversations(partition: number): RawRecord[] {
  const records: RawRecord[] = [];
  for (let i = 0; i < 20; i++) {
    for (let turn = 1; turn <= 3; turn++) {
      for (const model of ["a", "b"]) {
        const end = turn === 3 && i % 7 !== 6;
        const divergence = turn === 1 ? partition * 1000 + i : 1;
        records.push(recordOf({ conversation: `${model}${i}`, turn, model, divergence, end }, 2 * records.length));
      }
    }
  }
  return records;
}

async function fleetOf(store: Store, key: string) {
  const stored = await store.key("test", "m", key);
  const { version, running } = unpackState(stored!.blob);
  return loadState({ version, running, parts: stored!.parts }).fleet;
}

async function throughAll(seed: number) {
  const random = createRandom("two stages", seed);
  const log: RawRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const world: World = { random, store: createMemoryStore(), log, lossy: 0.3, reference: 50, tickMs: 1 };
  const sources = Array.from({ length: SOURCES }, (_, p) => conversations(p));
  await throughOwners(world, () => member(world), SOURCE, sources);
  return world;
}

test("whoever dies, is replaced or hears no answer: each conversation that ended is learnt once, in its partition's order", async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
      const { store, log } = await throughAll(seed);
      const ended = [...Array(20).keys()].filter((i) => i % 7 !== 6);
      for (const key of ["a", "b"]) {
        const { window, closed } = await fleetOf(store, key);
        expect(closed).toBe(SOURCES * ended.length);
        const firsts = window.tracks.map(({ values }) => values[0]!);
        for (let p = 0; p < SOURCES; p++)
          expect(firsts.filter((v) => Math.floor(v / 1000) === p)).toEqual(ended.map((i) => p * 1000 + i));
      }
      for (let p = 0; p < SOURCES; p++)
        for (const key of ["a", "b"]) expect((await store.key("test", "m", `${key}@${p}`))?.events).toBe(60);
      written += log.flat().length - 2 * SOURCES * ended.length;
    }),
    { numRuns: 25 },
  );
  // They had something to pass over.
  expect(written).toBeGreaterThan(500);
}, 120_000);

test("conversations are judged where they come by what the whole fleet has taught, and its shift is one alarm", async () => {
  const log: RawRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const random = createRandom("judged", 1);
  const world: World = { random, store: createMemoryStore(), log, lossy: 0, reference: 200, tickMs: 3000 };
  const { store } = world;
  const jump = (i: number) => (i >= 300 && i < 450 && i % 4 === 0 ? { turn: 4, by: 5 } : null);
  const shift = (i: number): number => (i >= 450 ? 3 : 0);
  const sources: RawRecord[][] = Array.from({ length: SOURCES }, () => []);
  const plan = { seed: 3, conversations: 700, turns: 10, phi: 0.5, tau: 1.5, jump, shift };
  const one = member(world);
  const at = Array.from({ length: PARTITIONS }, () => 0);
  for (let p = 0; p < SOURCES; p++) await one.intake.claim({ topic: SOURCE, partition: p }, SOURCE);
  for (let q = 0; q < PARTITIONS; q++) await one.intake.claim({ topic: INTERNAL, partition: q }, INTERNAL);
  const gather = async () => {
    for (let q = 0; q < PARTITIONS; q++) {
      const records = log[q]!.slice(at[q]);
      if (records.length === 0) continue;
      at[q] = log[q]!.length;
      await one.intake.deliver({ topic: INTERNAL, partition: q }, { records, nextOffset: log[q]!.length });
    }
  };
  for (const event of simulateFleet(plan)) {
    const partition = Number(event.conversation.slice(1)) % SOURCES;
    const record = recordOf({ ...event, model: "a" }, sources[partition]!.length);
    sources[partition]!.push(record);
    await one.intake.deliver({ topic: SOURCE, partition }, { records: [record], nextOffset: record.offset + 1 });
    await gather();
  }
  await one.intake.flush();
  await gather();
  await one.intake.flush();
  const { items } = await store.signals({ monitor: "m", limit: 1000 });
  const flagged = items.filter(({ kind }) => kind === "conversation_out_of_band");
  const jumped = (id: string) => jump(Number(id.slice(1))) !== null;
  const right = flagged.filter(({ explanation }) => jumped(String(explanation.conversation)));
  // 37 jump by 4.3 of their own standard deviations.
  expect(right.length).toBeGreaterThanOrEqual(33);
  expect(new Set(flagged.map(({ key }) => key))).toEqual(new Set(["a@0", "a@1", "a@2"]));
  expect(flagged.length - right.length).toBeLessThanOrEqual(15);
  const shifts = items.filter(({ kind }) => kind === "fleet_shift");
  expect(shifts.map(({ key }) => key)).toEqual(["a"]);
  expect(shifts[0]!.position.topic).toBe(SOURCE);
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  expect(one.counters.accepted).toBe(7000);
  expect(one.counters.rekeyed).toBe(700);
  const { closed, raw } = await fleetOf(store, "a");
  expect(closed).toBe(700);
  expect(Math.abs(raw!.phi - plan.phi)).toBeLessThan(0.1);
}, 60_000);
