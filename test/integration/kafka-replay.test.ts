import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, describe, expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { openEnvironment, openMonitor } from "../../cli/assemble.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { openFeeds } from "../../cli/feeds.ts";
import { fromStore } from "../../cli/replay/past.ts";
import { readPlace } from "../../cli/replay/place.ts";
import { replayRange } from "../../cli/replay/run.ts";
import { openStream } from "../../cli/replay/stream.ts";
import { replayText } from "../../cli/replay/table.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { systemClock } from "../../engine/clock.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createService } from "../../engine/service.ts";
import type { Store } from "../../engine/store.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
import { startKafka } from "../support/kafka.ts";
import { until } from "../support/recording-intake.ts";

const kafka = await startKafka();
const here = "skip" in kafka ? null : kafka;
const folder = mkdtempSync(join(tmpdir(), "tg-replay-"));
afterAll(async () => {
  await here?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Two keys a partition; those of partition 0 shift from the middle on. */
function events(partition: number, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i;
    const noise = Math.sin(at * 12.9898 + partition * 78.233) * 43758.5453;
    const shift = partition === 0 && at >= 1500 ? 1 : 0;
    return JSON.stringify({ k: `${partition}-${at % 2}`, value: noise - Math.floor(noise) + shift });
  });
}

describe.skipIf(here === null).each(Object.keys(CLIENTS))("replay over %s", (client) => {
  const config = (topic: string, settings = "", source = "") => {
    const path = join(folder, `${topic}-${(settings + source).replaceAll(/\W/g, "")}.yaml`);
    writeFileSync(
      path,
      `store: { kind: memory }
kafka: { brokers: ["${here!.brokers[0]}"], group: ${topic}, client: ${client} }
monitors:
  m: { detector: numeric, key: /k, source: { kafka: { topic: ${topic}${source} } }, quietEvents: 700, ${settings || "reference: { first: 300 }, falseAlarms: { events: 100000 }"} }
`,
    );
    return { path, loaded: loadConfig(path, DETECTORS, process.env) };
  };

  /** The live service over the topic until it has read so many offsets. */
  async function live(topic: string, offsets: number): Promise<Store> {
    const { path, loaded } = config(topic);
    const store = createMemoryStore();
    const env = await openEnvironment(loaded, silentLog);
    const monitor = await openMonitor("m", loaded.config.monitors.m!, loaded.config, env, path, topic, loaded.folder);
    const { feeds } = openFeeds(loaded.config, new Map([["m", monitor]]), store, loaded.folder, silentLog);
    const service = createService(feeds, { run: topic, store, meter: NO_METER, clock: systemClock, log: silentLog });
    await service.start();
    await until(
      "the live run",
      async () => (await store.lanes(topic)).reduce((sum, lane) => sum + (lane.nextOffset ?? 0), 0) >= offsets,
      60_000,
    );
    await service.stop();
    return store;
  }

  async function replay(
    topic: string,
    store: Store | null,
    given: { from?: string; to?: string; settings?: string; source?: string } = {},
  ) {
    const { path, loaded } = config(topic, given.settings, given.source);
    const stream = await openStream("m", loaded.config.monitors.m!, loaded);
    try {
      return await replayRange({
        name: "m",
        monitor: loaded.config.monitors.m!,
        loaded,
        path,
        env: await openEnvironment(loaded, silentLog),
        stream,
        past: store && fromStore(store, topic),
        from: readPlace("--from", given.from ?? "earliest", Date.now()),
        to: readPlace("--to", given.to ?? "live", Date.now()),
        warmUp: 0,
        within: 0,
      });
    } finally {
      await stream.close();
    }
  }

  async function recorded(partitions: number, count: number): Promise<string> {
    const topic = here!.unique("replay");
    await here!.createTopic(topic, partitions);
    for (let p = 0; p < partitions; p++) await here!.produce(topic, p, events(p, count));
    return topic;
  }

  test("says again what the live run said, twice the same, and moves no group", async () => {
    const topic = await recorded(2, 3000);
    const store = await live(topic, 6000);
    const groups = async () => (await here!.admin.listGroups()).groups.map(({ groupId }) => groupId).toSorted();
    const offsets = () => here!.admin.fetchOffsets({ groupId: topic, topics: [topic] });
    const before = [await groups(), await offsets()];
    const { replay: first, store: said } = await replay(topic, store);
    expect(first.comparison).toMatchObject({ onlyThen: [], onlyNow: [], moved: 0, saidOtherwise: 0 });
    expect(first.comparison!.rows.filter(({ kind }) => kind === "drift").map(({ key }) => key)).toEqual(["0-0", "0-1"]);
    expect(first.comparison!.same).toBe((await store.signals({ limit: 1000 })).items.length);
    expect(first).toMatchObject({ records: 6000, accepted: 6000, withoutRecord: 0, keys: 4 });
    expect(first.histories).toMatchObject({ other: 0 });
    expect([await groups(), await offsets()]).toEqual(before);
    const again = await replay(topic, store);
    expect(JSON.stringify(again.replay)).toBe(JSON.stringify(first));
    expect((await again.store.signals({ limit: 1000 })).items).toEqual((await said.signals({ limit: 1000 })).items);
    // A run of its own: no id of the live run comes again.
    const ids = new Set((await store.signals({ limit: 1000 })).items.map(({ id }) => id));
    expect((await said.signals({ limit: 1000 })).items.some(({ id }) => ids.has(id))).toBe(false);
  }, 120_000);

  test("another setting is another run, and what it would have said is told", async () => {
    const topic = await recorded(1, 3000);
    const store = await live(topic, 3000);
    const strict = await replay(topic, store, { settings: "options: { algorithm: page-hinkley }" });
    expect(strict.replay.run).not.toBe((await replay(topic, store)).replay.run);
    expect(strict.replay.comparison!.onlyThen.some(({ kind }) => kind === "learnt")).toBe(true);
  }, 120_000);

  test("a range from the middle says what is not comparable, and what the live run has not read yet", async () => {
    const topic = await recorded(1, 2000);
    const store = await live(topic, 2000);
    await here!.produce(topic, 0, events(0, 1000, 2000));
    const { replay: half } = await replay(topic, store, { from: "0:600", to: "latest" });
    expect(half.stretches).toEqual([{ partition: 0, begin: 600, from: 600, to: 3000, live: 2000, gone: null }]);
    expect(half.histories).toMatchObject({ same: 0, other: 2, mostMissing: 300 });
    expect(half.comparison!.notCompared.learning).toBeGreaterThan(0);
    expect(half.comparison!.rows.filter(({ kind }) => kind === "drift")).toHaveLength(2);
    expect(replayText(half)).toContain("up to 300 events more behind it in the live run");
    expect(replayText(half)).toContain("The live run is at 2000 of partition 0.");
  }, 120_000);

  test("records that retention removed are said; markers and aborted records are counted", async () => {
    const topic = here!.unique("replay");
    await here!.createTopic(topic, 1);
    const producer = new Kafka({ brokers: here!.brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: topic,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [from, commits] of [
      [0, true],
      [500, false],
      [1000, true],
    ] as const) {
      const transaction = await producer.transaction();
      const messages = events(0, 500, from).map((value) => ({ value, partition: 0 }));
      await transaction.send({ topic, messages });
      await (commits ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const { replay: whole } = await replay(topic, null);
    expect(whole).toMatchObject({ records: 1000, withoutRecord: 503, comparison: null, histories: null });
    expect(replayText(whole)).toContain("there is nothing to compare with");
    // So that the client knows who leads it.
    await here!.admin.fetchTopicOffsets(topic);
    await here!.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "100" }] });
    const { replay: rest } = await replay(topic, null, { from: "0", to: "400" });
    expect(rest.stretches[0]).toMatchObject({ from: 100, to: 400, gone: { from: 0, to: 100 } });
    expect(rest.records).toBe(300);
    expect(replayText(rest)).toContain("0 to 100 are no longer there");
  }, 120_000);

  test("what a monitor that began with the newest records passed over can be replayed too", async () => {
    const topic = await recorded(1, 600);
    expect((await replay(topic, null, { source: ", from: latest" })).replay).toMatchObject({
      records: 600,
      accepted: 600,
    });
  }, 120_000);

  test("a topic that was deleted and made anew is refused", async () => {
    const topic = await recorded(1, 300);
    const store = await live(topic, 300);
    await here!.admin.deleteTopics({ topics: [topic] });
    await until("the topic is gone", async () => !(await here!.admin.listTopics()).includes(topic), 30_000);
    await here!.createTopic(topic, 1);
    await here!.produce(topic, 0, events(0, 300));
    await expect(replay(topic, store)).rejects.toMatchObject({ code: "TOPIC_RECREATED" });
  }, 120_000);
});
