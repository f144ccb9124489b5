import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { eventsOf, labelStream } from "../../detectors/label-drift/stream.ts";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { databasesOf } from "../support/processes.ts";
import { killRounds, writeEvents } from "./kill-rounds.ts";
import { killTopic } from "./kill-topic.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kafka = await startKafka();
afterAll(async () => {
  if (!("skip" in kafka)) await kafka.stop();
});

if (findPostgres() === null) console.warn("SKIPPED, no PostgreSQL under /usr/lib/postgresql: install it.");

describe("kill -9 of the running service at random moments", () => {
  test("over a file on the embedded store: exactly the signals of an undisturbed run, and no database process stays", async () => {
    const records = 150_000;
    const path = writeEvents(folder, records);
    const result = await killRounds({
      folder: join(folder, "file"),
      store: (f) => `{ kind: embedded, path: ${join(f, "data")} }`,
      source: { top: "", monitor: `{ file: { path: ${path} } }` },
      records,
      kills: 4,
      seed: 1,
    });
    expect(result.signals).toBeGreaterThan(100);
    expect(result.killed).toEqual(result.undisturbed);
    await expect.poll(() => databasesOf(folder), { timeout: 60_000 }).toEqual([]);
  }, 240_000);

  test("with labels, their learners and their clusters: the state that an undisturbed run leaves", async () => {
    const path = join(folder, "labels.ndjson");
    const keys = ["p", "q"].map((key, k) =>
      [...eventsOf(labelStream(5 + k, 6000, 3000), true)].map((e) => ({ key, ...e })),
    );
    const events = keys[0]!.flatMap((event, i) => [event, keys[1]![i]!]);
    writeFileSync(path, `${events.map((event) => JSON.stringify(event)).join("\n")}\n`);
    const result = await killRounds({
      folder: join(folder, "labels"),
      store: (f) => `{ kind: embedded, path: ${join(f, "data")} }`,
      source: { top: "", monitor: `{ file: { path: ${path} } }` },
      detector: "detector: label-drift",
      records: events.length,
      kills: 4,
      seed: 3,
    });
    expect(result.signals).toBeGreaterThan(4);
    expect(JSON.stringify(result.undisturbed)).toContain("label_subset_accuracy");
    expect(result.killed).toEqual(result.undisturbed);
  }, 240_000);

  test.skipIf("skip" in kafka || findPostgres() === null)(
    "over a Kafka topic on a given Postgres: the same",
    async () => {
      if ("skip" in kafka) return;
      const server = await startPostgres();
      const urls = { quiet: server.url, loud: await server.database() };
      try {
        const records = 100_000;
        const result = await killRounds({
          folder: join(folder, "kafka"),
          store: (f) => `{ kind: postgres, url: "${f.endsWith("loud") ? urls.loud : urls.quiet}" }`,
          source: await killTopic(kafka, records),
          records,
          kills: 4,
          seed: 2,
        });
        expect(result.signals).toBeGreaterThan(100);
        expect(result.killed).toEqual(result.undisturbed);
      } finally {
        await server.stop();
      }
    },
    240_000,
  );
});
