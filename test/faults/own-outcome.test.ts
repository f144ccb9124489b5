import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { startKafka, type TestKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { startTidegauge, untilCommitted } from "../support/service.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-own-outcome-"));
const found = await startKafka();
const possible = !("skip" in found) && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, records that are gone: it needs Kafka and PostgreSQL.");
const kafka = found as TestKafka;
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  if (!("skip" in found)) await found.stop();
  rmSync(folder, { recursive: true, force: true });
});

const events = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"value":${(from + i) % 7}}`);

interface Monitor {
  readonly state: string;
  readonly error: string | null;
  readonly events: { readonly consumed: number };
}

/** Two topics of one partition each, read to their ends by a first run. */
async function setting(name: string) {
  const [changed, other] = [kafka.unique(name), kafka.unique("other")];
  for (const topic of [changed, other]) {
    await kafka.createTopic(topic, 1);
    await kafka.produce(topic, 0, events(0, 500));
  }
  const url = await server!.database();
  const config = `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${changed}, sessionSeconds: 3 }
monitors:
  changed: { detector: numeric, source: { kafka: { topic: ${changed} } }, options: { algorithm: adwin } }
  other: { detector: numeric, source: { kafka: { topic: ${other} } }, options: { algorithm: adwin } }
`;
  const start = () => startTidegauge(config, folder);
  const first = start();
  for (const monitor of ["changed", "other"]) await untilCommitted(first, monitor, 500, 60_000);
  await first.kill("SIGTERM");
  return { changed, other, start };
}

describe.skipIf(!possible)("what cannot be read any more has an outcome of its own, and the rest goes on", () => {
  test("a topic that was created anew halts its monitor", async () => {
    const { changed, other, start } = await setting("recreated");
    await kafka.admin.deleteTopics({ topics: [changed] });
    await sleep(1000);
    await kafka.createTopic(changed, 1);
    await kafka.produce(changed, 0, events(0, 900));
    await kafka.produce(other, 0, events(500, 600));
    const service = start();
    try {
      await untilCommitted(service, "other", 600, 60_000);
      await expect
        .poll(async () => (await service.json<Monitor>("/api/v1/monitors/changed")).state, POLL)
        .toBe("halted");
      const { error } = await service.json<Monitor>("/api/v1/monitors/changed");
      expect(error).toMatch(/is not the one whose position is stored.*tidegauge reset --monitor changed/);
      expect((await service.json<Monitor>("/api/v1/monitors/other")).state).toBe("running");
    } finally {
      await service.kill("SIGTERM");
    }
  }, 120_000);

  test("records that retention removed unread are told as a range, and the stream goes on after them", async () => {
    const { changed, start } = await setting("retention");
    await kafka.produce(changed, 0, events(500, 1000));
    await kafka.admin.fetchTopicOffsets(changed);
    await kafka.admin.deleteTopicRecords({ topic: changed, partitions: [{ partition: 0, offset: "800" }] });
    const service = start();
    try {
      await untilCommitted(service, "changed", 1000, 60_000);
      expect(service.log()).toMatch(/"from":500,"to":800,"records":300,"msg":"records are gone before they were read/);
      const { state, events } = await service.json<Monitor>("/api/v1/monitors/changed");
      expect([state, events.consumed]).toEqual(["running", 200]);
      const metrics = await (await fetch(`${await service.url}/metrics`)).text();
      expect(metrics).toContain('tidegauge_events_missed_total{monitor="changed"} 300');
    } finally {
      await service.kill("SIGTERM");
    }
  }, 120_000);
});

const POLL = { timeout: 60_000, interval: 200 };
