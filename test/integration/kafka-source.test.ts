import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, describe, expect, onTestFailed, onTestFinished, test } from "vitest";
import { CLIENTS, createKafkaSource, type KafkaSource, type KafkaSourceOptions } from "../../ingest/kafka.ts";
import { startKafka } from "../support/kafka.ts";
import { createPositions, createRecordingIntake, type RecordingIntake, until } from "../support/recording-intake.ts";

// Loaded before any test's clock runs.
await Promise.all([
  import("../../ingest/kafka/kafkajs/client.ts"),
  import("../../ingest/kafka/platformatic/client.ts"),
]);
const kafka = await startKafka();
const here = "skip" in kafka ? null : kafka;
const KCAT = "/usr/bin/kcat";
const noKcat = !existsSync(KCAT);
if (noKcat) console.warn("SKIPPED, no kcat: what an independent producer writes is not read");

afterAll(() => here?.stop());

interface Member {
  readonly source: KafkaSource;
  readonly lines: string[];
  stop(): Promise<void>;
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

async function topicOf(values: readonly string[], partitions = 1, config: Record<string, string> = {}) {
  const topic = here!.unique("t");
  await here!.createTopic(topic, partitions, config);
  for (let partition = 0; partition < partitions; partition++) await here!.produce(topic, partition, values);
  return topic;
}

describe.each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])("the source over %s", (client) => {
  const needsKafka = test.skipIf(here === null);
  const needsKcat = test.skipIf(here === null || noKcat);

  function start(intake: RecordingIntake, options: Omit<KafkaSourceOptions, "brokers">): Member {
    const lines: string[] = [];
    const keep = (level: string) => (message: string, data?: object) => {
      lines.push(`${level} ${message} ${JSON.stringify(data ?? {})}`);
    };
    const log = { info: keep("info"), warn: keep("warn"), error: keep("error") };
    const source = createKafkaSource({
      client,
      brokers: here!.brokers,
      heartbeatMs: 200,
      sessionMs: 6000,
      log,
      ...options,
    });
    const running = source.run(intake);
    running.catch(() => {});
    const stop = async () => {
      await source.stop();
      await running;
    };
    onTestFailed(() => console.error(lines.join("\n")));
    onTestFinished(() => stop().catch(() => {}));
    return { source, lines, stop };
  }

  needsKafka("records arrive in order per partition; a restart goes on from the stored positions", async () => {
    const topic = await topicOf(numbered(0, 5000), 3);
    const group = here!.unique("g");
    const positions = createPositions();
    const first = createRecordingIntake({ positions });
    const member = start(first, { group, topics: [topic] });
    const all = [0, 1, 2].map((partition) => `${topic}[${partition}]`);
    await until("all records", () => all.every((at) => first.values(at).length === 5000));
    await member.stop();
    expect(first.released.toSorted()).toEqual(all);
    for (const at of all) {
      expect(first.values(at)).toEqual(numbered(0, 5000));
      expect(first.watermarks.get(at)).toBe(5000);
    }
    // The group's own offsets are moved to the start under us: ours win.
    await here!.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: "0" }] });
    await here!.produce(topic, 0, ["new"]);
    const second = createRecordingIntake({ positions });
    const again = start(second, { group, topics: [topic] });
    await until("the new record", () => second.values(all[0]!).length === 1);
    await again.stop();
    expect(second.taken.get(all[0]!)?.[0]).toMatchObject({ offset: 5000, value: "new" });
    expect(second.claims[0]?.identity).toMatch(/^[0-9a-f]{32}$/);
  });

  needsKcat("what kcat writes in each compression is read as it was written", async () => {
    const topic = await topicOf([]);
    const values = numbered(0, 3000).map((n) => `${n} ${"drift ".repeat(Number(n) % 40)}é`);
    const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for (const codec of codecs) {
      const args = ["-P", "-b", here!.brokers[0]!, "-t", topic, "-p", "0", "-z", codec, "-K", "|"];
      execFileSync(KCAT, args, { input: values.map((value) => `${codec}|${value}`).join("\n") });
    }
    const intake = createRecordingIntake();
    const before = Date.now();
    start(intake, { group: here!.unique("g"), topics: [topic] });
    const at = `${topic}[0]`;
    await until("all", () => intake.values(at).length === values.length * codecs.length);
    const taken = intake.taken.get(at)!;
    expect(taken.map(({ value }) => value)).toEqual(codecs.flatMap(() => values));
    expect(taken.map(({ key }) => key)).toEqual(codecs.flatMap((codec) => values.map(() => codec)));
    expect(taken.map(({ offset }) => offset)).toEqual(taken.map((_, i) => i));
    for (const { time } of [taken[0]!, taken.at(-1)!]) expect(Math.abs(time! - before)).toBeLessThan(60_000);
  });

  needsKafka("a second member takes its share and gives it back, nothing is lost and nothing taken twice", async () => {
    const topic = await topicOf(numbered(0, 100), 4);
    const group = here!.unique("g");
    const positions = createPositions();
    const one = createRecordingIntake({ positions });
    const two = createRecordingIntake({ positions });
    const at = (partition: number) => `${topic}[${partition}]`;
    const count = () => [0, 1, 2, 3].reduce((sum, p) => sum + one.values(at(p)).length + two.values(at(p)).length, 0);
    start(one, { group, topics: [topic] });
    await until("the first 400", () => count() === 400);
    const second = start(two, { group, topics: [topic] });
    await until("two claims of the second", () => two.claims.length === 2);
    for (let partition = 0; partition < 4; partition++) await here!.produce(topic, partition, numbered(100, 200));
    await until("the next 400", () => count() === 800);
    expect([0, 1, 2, 3].filter((partition) => two.values(at(partition)).length === 100)).toHaveLength(2);
    await second.stop();
    for (let partition = 0; partition < 4; partition++) await here!.produce(topic, partition, numbered(200, 300));
    await until("the last 400", () => count() >= 1200);
    for (let partition = 0; partition < 4; partition++) {
      const values = [...one.values(at(partition)), ...two.values(at(partition))];
      expect(values.map(Number).toSorted((a, b) => a - b)).toEqual(numbered(0, 300).map(Number));
    }
  });

  needsKafka("who was fenced writes nothing more and claims again only in a new generation", async () => {
    const topic = await topicOf(["a"]);
    const group = here!.unique("g");
    const positions = createPositions();
    const intake = createRecordingIntake({ positions });
    const at = `${topic}[0]`;
    start(intake, { group, topics: [topic] });
    await until("the first record", () => intake.values(at).length === 1);
    positions.next.set(at, { ...positions.next.get(at)!, epoch: 7 });
    await here!.produce(topic, 0, ["b", "c"]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(intake.values(at)).toEqual(["a"]);
    expect(intake.claims).toHaveLength(1);
    const other = start(createRecordingIntake({ positions: createPositions() }), { group, topics: [topic] });
    await until("a new generation", () => intake.claims.length >= 2 || intake.released.length >= 1);
    await other.stop();
    await until("the records that were held back", () => intake.values(at).length === 3);
    expect(intake.values(at)).toEqual(["a", "b", "c"]);
  });

  test.skipIf(here === null || here.dataFolder === null)(
    "a batch damaged on the broker's disk halts its partition only, after what stands before it, and for good",
    async () => {
      const topic = await topicOf(["a"], 2);
      await here!.produce(topic, 0, ["b", "to be damaged", "behind it"]);
      await damageOnDisk(join(here!.dataFolder!, `${topic}-0`), "to be damaged");
      const intake = createRecordingIntake();
      const member = start(intake, { group: here!.unique("g"), topics: [topic] });
      await until("the halt", () => intake.halted.length === 1);
      await here!.produce(topic, 1, ["c"]);
      await until("the other partition", () => intake.values(`${topic}[1]`).length === 2);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await member.stop();
      expect(intake.halted).toMatchObject([{ at: `${topic}[0]`, error: { code: "POISON_BATCH" } }]);
      expect(intake.halted[0]?.error.message).toMatch(/cannot be read at offset 1: its checksum is wrong/);
      expect(intake.values(`${topic}[0]`)).toEqual(["a"]);
      expect(intake.claims).toHaveLength(2);
    },
  );

  needsKafka("records that retention removed are a counted gap", async () => {
    const topic = await topicOf(numbered(0, 100));
    const at = `${topic}[0]`;
    const positions = createPositions();
    positions.next.set(at, { epoch: 1, nextOffset: 10, cursor: null });
    // The admin client finds a partition's leader only once it has asked about the topic.
    await here!.admin.fetchTopicOffsets(topic);
    await here!.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "60" }] });
    const intake = createRecordingIntake({ positions });
    start(intake, { group: here!.unique("g"), topics: [topic] });
    await until("the rest", () => intake.values(at).length === 40);
    expect(intake.gaps).toEqual([{ at, from: 10, to: 60 }]);
    expect(intake.taken.get(at)?.[0]?.offset).toBe(60);
  });

  needsKcat("offsets that compaction removed are no gap, and what is left is what kcat reads", async () => {
    const topic = await topicOf([], 1, COMPACTED);
    const at = `${topic}[0]`;
    const keyed = (from: number) => numbered(from, from + 200).map((n) => ({ key: `k${Number(n) % 5}`, value: n }));
    for (const from of [0, 200, 400]) {
      await here!.produceKeyed(topic, 0, keyed(from));
      // The next one rolls the segment: only closed ones are compacted.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    let left: string[] = [];
    for (const until = Date.now() + 80_000; Date.now() < until; ) {
      const args = ["-C", "-q", "-e", "-b", here!.brokers[0]!, "-t", topic, "-o", "beginning", "-f", "%o %s\n"];
      left = execFileSync(KCAT, args, { encoding: "utf8" }).trim().split("\n");
      if (left.length < 300) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(left.length).toBeLessThan(300);
    const intake = createRecordingIntake();
    start(intake, { group: here!.unique("g"), topics: [topic] });
    await until("all that is left", () => intake.values(at).includes("599"));
    expect(intake.taken.get(at)?.map(({ offset, value }) => `${offset} ${value}`)).toEqual(left);
    expect(intake.gaps).toEqual([]);
  });

  needsKafka("a recreated topic has another identity, and a position beyond its end is refused", async () => {
    const topic = await topicOf(numbered(0, 10));
    const at = `${topic}[0]`;
    const positions = createPositions();
    const before = createRecordingIntake({ positions });
    const member = start(before, { group: here!.unique("g"), topics: [topic] });
    await until("all", () => before.values(at).length === 10);
    await member.stop();
    await here!.admin.deleteTopics({ topics: [topic] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await here!.createTopic(topic, 1);
    const after = createRecordingIntake({ positions });
    start(after, { group: here!.unique("g"), topics: [topic] });
    await until("the halt", () => after.halted.length === 1);
    expect(after.halted[0]?.error.code).toBe("TOPIC_RECREATED");
    expect(after.claims[0]?.identity).not.toBe(before.claims[0]?.identity);
  });

  needsKafka("aborted transactions and control records are passed over, positions stand after them", async () => {
    const topic = await topicOf(["before"]);
    const at = `${topic}[0]`;
    const producer = new Kafka({ brokers: here!.brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: here!.unique("tx"),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [value, commit] of [
      ["aborted", false],
      ["kept", true],
      ["aborted too", false],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition: 0, value }] });
      if (commit) await transaction.commit();
      else await transaction.abort();
    }
    await producer.disconnect();
    const positions = createPositions();
    const intake = createRecordingIntake({ positions });
    const member = start(intake, { group: here!.unique("g"), topics: [topic] });
    await until("both", () => intake.values(at).length === 2);
    await here!.produce(topic, 0, ["after"]);
    await until("the last", () => intake.values(at).length === 3);
    await member.stop();
    expect(intake.taken.get(at)?.map(({ offset, value }) => [offset, value])).toEqual([
      [0, "before"],
      [3, "kept"],
      [7, "after"],
    ]);
    expect(positions.next.get(at)?.nextOffset).toBe(8);
  });

  needsKafka("a topic without a position begins where its `from` says", async () => {
    const topic = await topicOf(numbered(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const time = Date.now();
    await here!.produce(topic, 0, ["x", "y"]);
    const at = `${topic}[0]`;
    const since = createRecordingIntake();
    start(since, { group: here!.unique("g"), topics: [{ topic, from: { time } }] });
    const latest = createRecordingIntake();
    start(latest, { group: here!.unique("g"), topics: [topic], from: "latest" });
    await until("the claims", () => since.values(at).length === 2 && latest.watermarks.get(at) === 7);
    await here!.produce(topic, 0, ["z"]);
    await until("the new record", () => latest.values(at).length === 1);
    expect(since.values(at).slice(0, 2)).toEqual(["x", "y"]);
    expect(latest.values(at)).toEqual(["z"]);
  });

  needsKafka("a slow partition holds up neither the others nor the heartbeats", async () => {
    const topic = await topicOf(
      numbered(0, 6000).map((n) => n.padEnd(1000)),
      2,
    );
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const intake = createRecordingIntake({ before: (at) => (at.endsWith("[0]") ? gate : undefined) });
    const member = start(intake, { group: here!.unique("g"), topics: [topic], sessionMs: 6000 });
    await until("the quick one", () => intake.values(`${topic}[1]`).length === 6000);
    // Longer than the session.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(intake.values(`${topic}[0]`)).toEqual([]);
    release();
    await until("the slow one", () => intake.values(`${topic}[0]`).length === 6000);
    expect(intake.claims).toHaveLength(2);
    expect(member.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  needsKafka("a topic that does not exist is SOURCE_MISSING", async () => {
    const source = createKafkaSource({ client, brokers: here!.brokers, group: "g", topics: ["no-such-topic"] });
    await expect(source.partitionCount()).rejects.toMatchObject({ code: "SOURCE_MISSING" });
    await expect(source.run(createRecordingIntake())).rejects.toThrow(/Create it, or correct the topic/);
  });

  test("without a broker it keeps trying, says so, and can be stopped", async () => {
    const lines: string[] = [];
    const log = { info() {}, warn: (message: string) => void lines.push(message), error() {} };
    const source = createKafkaSource({ client, brokers: ["127.0.0.1:1"], group: "g", topics: ["t"], log });
    const running = source.run(createRecordingIntake());
    await until("a complaint", () => lines.some((line) => line.startsWith("kafka does not answer")));
    await source.stop();
    await running;
  });
});

const COMPACTED = {
  "cleanup.policy": "compact",
  "segment.ms": "100",
  "min.cleanable.dirty.ratio": "0.01",
  "min.compaction.lag.ms": "0",
  "max.compaction.lag.ms": "100",
};

/** Overwrites the text in the partition's log segment; what the broker wrote is in the page cache, which is what it sends. */
async function damageOnDisk(folder: string, text: string): Promise<void> {
  const path = join(folder, readdirSync(folder).find((name) => name.endsWith(".log"))!);
  const at = readFileSync(path).indexOf(text);
  expect(at).toBeGreaterThan(0);
  const file = openSync(path, "r+");
  writeSync(file, "X", at);
  closeSync(file);
}
