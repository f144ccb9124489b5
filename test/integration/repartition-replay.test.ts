import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { replay } from "../../cli/commands/replay.ts";
import type { Replay } from "../../cli/replay/run.ts";
import { silentLog } from "../../engine/log.ts";
import type { Signal } from "../../engine/signal.ts";
import type { RawRecord } from "../../engine/source.ts";
import { createRangeSource } from "../../ingest/kafka/range.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
import { leftBehind, positionsOf } from "../faults/left-behind.ts";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { createRecordingIntake, until } from "../support/recording-intake.ts";
import { type RunningService, startTidegauge } from "../support/service.ts";

const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, replay of events that were keyed anew: it needs Kafka and PostgreSQL.");
const server = possible ? await startPostgres() : null;
const folder = mkdtempSync(join(tmpdir(), "tg-repartition-replay-"));
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

const PARTITIONS = 6;
const INTERNAL = 4;
const KEYS = 10;
/** Of each partition, before the kill and as many after it. */
const HALF = 720;
const PATIENCE_MS = 300_000;

/** Every key on every partition, their level shifts after the first half; some records cannot be read. */
function lines(partition: number, half: number): string[] {
  return Array.from({ length: HALF }, (_, i) => {
    if (i % 60 === 7) return "{broken";
    const noise = Math.abs(Math.sin((half * HALF + i) * 12.9898 + partition * 78.233) * 43758.5453) % 1;
    return JSON.stringify({ tenant: `t${(i + partition) % KEYS}`, value: noise + half });
  });
}

describe.skipIf(!possible).each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])("keyed anew over %s", (client) => {
  test("two members, one killed, records written again: a replay says what was said, to the last byte twice", async () => {
    if ("skip" in kafka) return;
    const topic = kafka.unique("anew");
    const internal = `tidegauge.${topic}.m.repartition`;
    await kafka.createTopic(topic, PARTITIONS);
    const url = await server!.database();
    const config = (more = "") => `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic}, client: ${client}, sessionSeconds: 2 }
monitors:
  m:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    key: /tenant
    repartition: { partitions: ${INTERNAL} }
    reference: { first: 300 }
    falseAlarms: { events: 2000 }
    checkpoint: { seconds: 10, events: 100000 }${more}
`;
    const members: RunningService[] = [];
    const start = async () => {
      const member = startTidegauge(config(), mkdtempSync(join(folder, "member-")));
      members.push(member);
      await member.url;
      return member;
    };
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    const ends = async (of: string) =>
      new Map((await kafka.admin.fetchTopicOffsets(of)).map((each) => [each.partition, Number(each.high)]));
    const written = async () => [...(await ends(internal)).values()].reduce((a, b) => a + b, 0);
    const untilAt = (of: string) =>
      until(
        `positions at the end of ${of}`,
        async () => {
          await sleep(200);
          const at = await positionsOf(database, "m", of);
          return [...(await ends(of))].every(([partition, end]) => (at.get(partition) ?? 0) === end);
        },
        PATIENCE_MS,
      );
    const send = async (half: number) => {
      for (let p = 0; p < PARTITIONS; p++) await kafka.produce(topic, p, lines(p, half));
    };
    try {
      const first = await start();
      await start();
      await send(0);
      await until(
        "all of it is written",
        async () => (await written().catch(() => 0)) >= PARTITIONS * HALF,
        PATIENCE_MS,
      );
      await first.kill("SIGKILL");
      await start();
      // A member that was replaced and still writes: what others have written, and what it has itself.
      const copies = await writeAgain(client, kafka.brokers, internal);
      await send(1);
      await untilAt(topic);
      await untilAt(internal);
      for (const member of members.slice(1)) await member.kill("SIGTERM");

      const { signals } = await leftBehind(url);
      const path = join(folder, `${client}.yaml`);
      writeFileSync(path, config());
      const run = async (...more: string[]): Promise<Replay & { readonly code: number; readonly said: string }> => {
        const [result, said] = [join(folder, "result.json"), join(folder, "said.ndjson")];
        const code = await replay.run(["-c", path, "-q", "--json", result, "--output", said, ...more]);
        return { code, ...JSON.parse(readFileSync(result, "utf8")), said: readFileSync(said, "utf8") };
      };
      const whole = await run();
      expect(whole).toMatchObject({ code: 0, topic: internal, withoutRecord: 0, missed: 0, keys: KEYS });
      expect(whole.comparison).toMatchObject({ onlyThen: [], onlyNow: [], moved: 0, saidOtherwise: 0 });
      expect(whole.comparison).toMatchObject({ same: signals.length, notCompared: { learning: 0, gone: 0, ahead: 0 } });
      expect(whole.histories).toMatchObject({ same: KEYS, other: 0, unknown: 0 });
      const good = 2 * PARTITIONS * (HALF - HALF / 60);
      expect(whole).toMatchObject({ accepted: good, rejected: { "not-json": (2 * PARTITIONS * HALF) / 60 } });
      expect(whole.keyedAnew).toMatchObject({ source: topic, fedAgain: 0 });
      expect(whole.keyedAnew!.repeated).toBe((await written()) - 2 * PARTITIONS * HALF);
      expect(whole.keyedAnew!.repeated).toBeGreaterThanOrEqual(copies);
      // Not only what was counted: each word of each signal, but for the name of the run.
      const content = ({ id: _, ...rest }: Signal) => rest;
      const byPlace = (a: Signal, b: Signal) =>
        a.key.localeCompare(b.key) || a.index - b.index || a.kind.localeCompare(b.kind);
      const now = whole.said
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Signal);
      const then = signals.map(({ body }) => body as Signal);
      expect(now.toSorted(byPlace).map(content)).toEqual(then.toSorted(byPlace).map(content));
      expect(new Set(now.filter(({ kind }) => kind === "drift").map(({ key }) => key)).size).toBe(KEYS);
      expect(await run()).toEqual(whole);

      // What was there before is known wherever a range begins: both sides of a cut are the whole.
      const high = await ends(internal);
      for (const share of [0.3, 0.5, 0.7]) {
        const cut = [...high].map(([partition, end]) => `${partition}:${Math.floor(share * end)}`).join(",");
        const [before, after] = [await run("--to", cut), await run("--from", cut)];
        expect(before.accepted + after.accepted).toBe(good);
        expect(before.keyedAnew!.repeated + after.keyedAnew!.repeated).toBe(whole.keyedAnew!.repeated);
        const warm = await run("--from", cut, "--warm-up", "all");
        expect(warm).toMatchObject({ code: 0, histories: { other: 0 }, comparison: { onlyThen: [], onlyNow: [] } });
        expect(warm.comparison!.same + before.comparison!.same).toBe(signals.length);
      }

      // Another setting: other signals, told as such.
      writeFileSync(path, config().replace("events: 2000", "events: 1000000000"));
      expect(await run()).toMatchObject({ code: 3, histories: { same: KEYS } });
      writeFileSync(path, config());

      // So that the client knows who leads it.
      await kafka.admin.fetchTopicOffsets(internal);
      const remove = (upTo: readonly (readonly [partition: number, offset: number])[]) =>
        kafka.admin.deleteTopicRecords({
          topic: internal,
          partitions: upTo.map(([partition, offset]) => ({ partition, offset: String(offset) })),
        });
      await remove([[1, 20]]);
      await expect(run("--from", "0")).rejects.toThrow(
        `its internal topic ${internal} cannot be used: records 0 to 20 of its partition 1 have expired. Begin at 20`,
      );
      const rest = await run();
      expect(rest.stretches.map(({ begin }) => begin)).toEqual([0, 20, 0, 0]);
      await remove([...high]);
      await expect(run()).rejects.toMatchObject({
        code: "REPARTITION_TOPIC",
        message: expect.stringContaining("all its records have expired"),
      });
      writeFileSync(path, config().replace(`group: ${topic}`, "group: another"));
      await expect(run()).rejects.toThrow("tidegauge.another.m.repartition cannot be used: it is not there");
    } finally {
      await database.end();
      for (const member of members) if (member.process.exitCode === null) await member.kill("SIGKILL");
    }
  }, 900_000);
});

test("of two stages it says why they cannot be replayed", async () => {
  const path = join(folder, "stages.yaml");
  writeFileSync(
    path,
    `kafka: { brokers: ["127.0.0.1:1"] }
monitors:
  m: { detector: context-drift, source: { kafka: { topic: turns } }, key: /model, repartition: { stages: 2 } }
`,
  );
  await expect(replay.run(["-c", path])).rejects.toThrow(/m has two stages, and .* decided by the clock/);
});

/** The newest records of each partition once more, as they stand there; how many. */
async function writeAgain(client: keyof typeof CLIENTS, brokers: readonly string[], topic: string): Promise<number> {
  const opened = await CLIENTS[client]({ brokers }, silentLog);
  const producer = opened.producer();
  try {
    let count = 0;
    for (let partition = 0; partition < INTERNAL; partition++) {
      const { low, high } = await opened.cluster.bounds(topic, partition, true);
      const found: RawRecord[] = [];
      const intake = createRecordingIntake({ before: (_, { records }) => void found.push(...records) });
      const ranges = [{ partition, from: Math.max(low, high - 50), to: high }];
      await createRangeSource({ client: opened, topic, identity: null, ranges }).run(intake);
      const copies = found.map(({ key, value, headers }) => ({ key, value, headers: headers ?? [] }));
      await producer.send(topic, partition, copies);
      count += copies.length;
    }
    return count;
  } finally {
    await producer.close();
    await opened.cluster.close();
  }
}
