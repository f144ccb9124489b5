import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { CLIENTS } from "../../ingest/kafka.ts";
import { builtProgram } from "../support/built.ts";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { type RunningService, startTidegauge, untilCommitted } from "../support/service.ts";

const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, repartition as a user sees it: it needs Kafka and PostgreSQL.");
const server = possible ? await startPostgres() : null;
const folder = mkdtempSync(join(tmpdir(), "tg-repartition-"));
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Exit code and everything printed. */
async function tidegauge(...argv: string[]): Promise<{ readonly code: number; readonly said: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [builtProgram(), ...argv]);
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

async function untilHalted(service: RunningService, monitor: string): Promise<string> {
  for (const until = Date.now() + 60_000; Date.now() < until; await new Promise((r) => setTimeout(r, 100))) {
    const { state, error } = await service.json<{ state: string; error: string }>(`/api/v1/monitors/${monitor}`);
    if (state === "halted") return error;
  }
  throw new RangeError(`it was not halted within 60 s:\n${service.log()}`);
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `{"tenant":"t${(from + i) % 5}","value":${i % 7}}`);

describe.skipIf(!possible).each(Object.keys(CLIENTS))("repartition over %s", (client) => {
  test("its topic is created, watched, kept as it is, and goes with the states", async () => {
    if ("skip" in kafka) return;
    const topic = kafka.unique("spread");
    const internal = `tidegauge.${topic}.m.repartition`;
    await kafka.createTopic(topic, 3);
    for (let p = 0; p < 3; p++) await kafka.produce(topic, p, lines(p, 100 + p));
    const config = (repartition: string) => `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic}, client: ${client}, sessionSeconds: 1 }
monitors:
  m: { detector: numeric, source: { kafka: { topic: ${topic} } }, key: /tenant, repartition: ${repartition}, options: { algorithm: adwin } }
  beside: { detector: numeric, source: { kafka: { topic: ${topic} } }, key: /tenant, order: none, options: { algorithm: adwin } }
`;
    const url = await server!.database();
    const path = join(folder, "tidegauge.yaml");
    const running: RunningService[] = [];
    const start = (repartition: string) => {
      const service = startTidegauge(config(repartition), folder);
      running.push(service);
      return service;
    };
    try {
      // More replicas than there are brokers: refused, and the monitor beside goes on.
      let service = start("{ replicationFactor: 3 }");
      expect(await untilHalted(service, "m")).toMatch(
        /internal topic .* the brokers do not create it \(INVALID_REPLICATION/,
      );
      await untilCommitted(service, "beside", 300);
      await service.kill("SIGTERM");

      expect((await tidegauge("doctor", "-c", path)).said).toContain(`created at the start: ${internal}`);
      service = start("true");
      // As many records again in the internal topic.
      await untilCommitted(service, "m", 600);
      const { topics } = await kafka.admin.fetchTopicMetadata({ topics: [internal] });
      expect(topics[0]!.partitions).toHaveLength(3);
      const keys = await service.json<{ keys: { key: string; events: number }[] }>("/api/v1/monitors/m/keys?limit=9");
      expect(keys.keys.map(({ key, events }) => [key, events]).toSorted()).toEqual(
        [0, 1, 2, 3, 4].map((k) => [`t${k}`, 60]),
      );
      const metrics = await (await fetch(`${await service.url}/metrics`)).text();
      expect(metrics).toMatch(/tidegauge_events_rekeyed_total\{monitor="m"\} 300/);
      for (const of of [topic, internal])
        expect(metrics).toMatch(new RegExp(`consumer_lag_records\\{monitor="m",topic="${of}",partition="2"\\} 0`));
      await service.kill("SIGTERM");
      expect((await tidegauge("doctor", "-c", path)).said).toContain(`${internal} (3 partitions)`);

      service = start("{ partitions: 4 }");
      expect(await untilHalted(service, "m")).toMatch(/it has 3 partitions, and the config says 4/);
      await service.kill("SIGTERM");

      await kafka.admin.createPartitions({ topicPartitions: [{ topic: internal, count: 5 }] });
      service = start("true");
      expect(await untilHalted(service, "m")).toMatch(
        /it has 5 partitions, and states were learnt over 3: keys would move/,
      );
      await service.kill("SIGTERM");

      expect((await tidegauge("reset", "-c", path, "--monitor", "m")).code).toBe(0);
      expect(await kafka.admin.listTopics()).not.toContain(internal);
      service = start("true");
      await untilCommitted(service, "m", 600);
      const after = await service.json<{ keys: { events: number }[] }>("/api/v1/monitors/m/keys?limit=9");
      expect(after.keys.map(({ events }) => events)).toEqual([60, 60, 60, 60, 60]);
    } finally {
      for (const service of running) if (service.process.exitCode === null) await service.kill("SIGTERM");
    }
  }, 240_000);
});

test("what cannot be keyed anew is a mistake of the config", async () => {
  const path = join(folder, "wrong.yaml");
  writeFileSync(
    path,
    `monitors:
  a: { detector: numeric, source: { stdin: {} }, repartition: true }
`,
  );
  const { code, said } = await tidegauge("check", "-c", path);
  expect(code).toBe(2);
  expect(said).toMatch(
    /wrong\.yaml:2 monitors\.a\.repartition: is for a Kafka topic: any other source has one partition/,
  );
});
