import avro from "avsc";
import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../../adapters/metrics/metrics.ts";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import { shortText } from "../../detectors/short-text/short-text.ts";
import { systemClock } from "../../engine/clock.ts";
import type { Detector, Embedder, Model } from "../../engine/detector.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createService } from "../../engine/service.ts";
import type { Intake, Source } from "../../engine/source.ts";
import { createServiceView } from "../../engine/view.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { compileAvro } from "../../ingest/decode/formats/avro.ts";
import { registeredFormat } from "../../ingest/decode/formats/registered.ts";
import { LIMITS } from "../../ingest/decode/json.ts";
import { createPartitionFeed } from "../../ingest/kafka/partition-feed.ts";
import type { FetchedBatch } from "../../ingest/kafka/records/batch.ts";
import { createRegistry } from "../../ingest/registry/registry.ts";
import { until } from "../support/recording-intake.ts";
import { startRegistry, withSchemaId } from "../support/registry.ts";
import { toyDetector } from "../support/toy-detector.ts";
import { monitorOf, RUN, remains, start } from "./harness.ts";

const events = Array.from({ length: 2000 }, (_, i) => ({ value: i % 90 === 0 ? 150 : (i % 7) - 3 }));

test("a store that takes long to commit pauses the partition: little waits in memory, the age of the commit is told, nothing is lost", async () => {
  let slow = true;
  let commits = 0;
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const store = createMemoryStore({
    beforeCommit: () => {
      commits++;
      return slow ? gate : undefined;
    },
  });
  let now = 1_000_000;
  const clock = { now: () => now, sleep: systemClock.sleep };
  const monitor = monitorOf();
  let intake: Intake | null = null;
  let finish = () => {};
  const source: Source = {
    description: "kafka",
    partitionCount: async () => 1,
    run: (given) => {
      intake = given;
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    stop: async () => finish(),
  };
  const feeds = [{ source, monitors: [monitor], monitorsOf: () => [monitor] }];
  const service = createService(feeds, { run: RUN, store, meter: NO_METER, clock, log: silentLog });
  await service.start();
  const told: string[] = [];
  const feed = createPartitionFeed({
    id: { topic: "t", partition: 0 },
    intake: intake!,
    log: silentLog,
    pause: () => told.push("pause"),
    resume: () => told.push("resume"),
    seek: () => {},
    bounds: async () => ({ low: 0, high: events.length }),
    beginning: async ({ low }) => low,
    identity: async () => null,
    fenced: () => {},
    fatal: (error) => expect.fail(String(error)),
  });
  feed.begin(Promise.resolve());
  await until("the claim", () => feed.state() === "running");
  // A client that goes on until it is told to pause.
  let at = 0;
  const fetch = async (): Promise<void> => {
    while (told.at(-1) === "resume" && at < events.length) {
      const piece = events.slice(at, at + 100).map((event, i) => ({
        offset: at + i,
        key: null,
        value: Buffer.from(JSON.stringify(event)),
        time: null,
      }));
      const batch: FetchedBatch = {
        askedOffset: at,
        records: piece,
        nextOffset: at + piece.length,
        highWatermark: events.length,
        poison: null,
      };
      at = batch.nextOffset;
      await feed.offer(batch, async () => {});
    }
  };
  await fetch();
  expect(told).toEqual(["resume", "pause"]);
  expect({ fetched: at, processed: monitor.counters.consumed, commits }).toEqual({
    fetched: 300,
    processed: 100,
    commits: 1,
  });
  now += 400_000;
  const view = createServiceView(service, {
    clock,
    version: "test",
    build: { revision: "", node: "" },
    backend: { backend: "cpu", device: "cpu", gpu: false },
    channels: [],
    facts: new Map([["m", { promise: null, reference: null, options: {}, acceptsEvents: false }]]),
    storeProblem: () => null,
    draining: () => false,
    poke: () => {},
  });
  // What PartitionStalled asks for: records wait, and nothing was committed for five minutes, though nothing ever was.
  const metrics = createMetrics({ now: () => now });
  const scrape = async () => (await metrics.scrape({ view, store })).body;
  const text = await scrape();
  expect(text).toMatch(/consumer_lag_records\{monitor="m",topic="t",partition="0"\} 1900\n/);
  expect(text).toMatch(/snapshot_age_seconds\{monitor="m",topic="t",partition="0"\} 400\n/);
  slow = false;
  go();
  await until("the end", async () => {
    await fetch();
    return monitor.counters.consumed === events.length;
  });
  await feed.end();
  expect(await scrape()).not.toMatch(/snapshot_age_seconds\{.*\} [1-9]/);
  await service.stop();
  const calm = await start();
  await calm.source.push(0, events);
  await calm.service.stop();
  const keys = async (one: typeof store) => (await one.keys({ run: RUN, monitor: "m", limit: 10 })).items;
  expect((await keys(store)).map(({ events }) => events)).toEqual([events.length]);
  const places = async (one: typeof store) =>
    (await one.signals({ limit: 1000 })).items.map(({ kind, position }) => [kind, position.offset]);
  expect(await places(store)).toEqual(await places(calm.store));
  expect((await places(store)).length).toBeGreaterThan(10);
});

test("a slow embedder holds its partition back, one request at a time, and changes nothing", async () => {
  const DIM = 16;
  const run = async (wait: () => Promise<unknown>) => {
    let [open, most, calls] = [0, 0, 0];
    const embedder: Embedder = {
      kind: "external",
      identity: "test",
      dim: DIM,
      async embed(texts) {
        most = Math.max(most, ++open);
        calls++;
        await wait();
        open--;
        const out = new Float32Array(texts.length * DIM);
        texts.forEach((text, i) => {
          const n = Number(text);
          out[i * DIM + (n % 5)] = 0.8;
          out[i * DIM + 5 + (n % 11)] = 0.6;
        });
        return out;
      },
    };
    const settings = { options: shortText.options.parse({}), reference: { first: 150 }, promise: 500, seed: 1 };
    const model = (await shortText.open(settings, { tensors: createCpuTensors(), embedder })) as Model;
    const detector = shortText as unknown as Detector;
    const decode = createDecoder({ event: shortText.event });
    const running = await start({ monitor: { detector, model, decode }, batch: 50 });
    let pushed = false;
    const texts = Array.from({ length: 600 }, (_, i) => ({ text: String(i) }));
    const pushing = running.source.push(0, texts).then(() => {
      pushed = true;
    });
    return { ...running, pushing, pushed: () => pushed, most: () => most, calls: () => calls };
  };
  const fast = await run(async () => {});
  await fast.pushing;
  await fast.service.stop();
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = await run(() => held);
  await until("the first request", () => slow.calls() === 1);
  // Whatever ticks meanwhile, nothing goes past what waits for its vectors.
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect({ pushed: slow.pushed(), consumed: slow.monitor.counters.consumed }).toEqual({ pushed: false, consumed: 0 });
  go();
  await slow.pushing;
  await slow.service.stop();
  expect(slow.most()).toBe(1);
  expect(await remains(slow.store)).toEqual(await remains(fast.store));
});

test("while the schema registry is away events are held back, none is refused, and it goes on by itself", async () => {
  const registry = await startRegistry();
  onTestFinished(() => registry.close());
  const schema = { type: "record", name: "E", fields: [{ name: "value", type: "double" }] } as const;
  const id = registry.register("events-value", { schema: JSON.stringify(schema) });
  const written = avro.Type.forSchema(schema as never);
  const values = events.slice(0, 500).map((event) => withSchemaId(id, written.toBuffer(event)));
  const format = registeredFormat(createRegistry({ url: registry.url }), compileAvro(LIMITS), LIMITS);
  const decode = createDecoder({ event: toyDetector.event, format });
  registry.down = true;
  const { source, service, store, monitor } = await start({
    monitor: { decode, beforeDecode: format.prepare ?? null },
    clock: { now: () => 0, sleep: () => new Promise((resolve) => setTimeout(resolve, 1)) },
  });
  const pushing = source.push(0, values);
  await until("some tries", () => registry.asked.length >= 3);
  expect(monitor.counters).toMatchObject({ consumed: 0, accepted: 0, rejected: {} });
  registry.down = false;
  await pushing;
  await service.stop();
  expect(monitor.counters).toMatchObject({ consumed: 500, accepted: 500, rejected: {} });
  expect(await store.deadLetterCounts()).toEqual({});
});
