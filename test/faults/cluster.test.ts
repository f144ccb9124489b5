import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startKafkaCluster } from "../support/kafka-cluster.ts";
import { whyNoJava } from "../support/kafka-java.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { CLUSTER_FAULTS } from "./cluster-faults.ts";
import { throughFault } from "./disturbed.ts";
import { hasKcat } from "./kcat.ts";
import { saidTwice } from "./left-behind.ts";
import { leaderKilled } from "./rekeyed-faults.ts";
import { holds } from "./rekeyed-holds.ts";
import { rekeyedRounds } from "./rekeyed-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-cluster-"));
const possible = whyNoJava() === null && findPostgres() !== null && hasKcat;
if (!possible) console.warn("SKIPPED, faults of brokers: they need Java, Maven, PostgreSQL and kcat.");
const cluster = possible ? await startKafkaCluster() : null;
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

describe.skipIf(!possible)("members over three brokers leave what one undisturbed thread would", () => {
  test.each(CLUSTER_FAULTS.map((fault) => [fault.name, fault] as const))(
    "%s",
    async (_, fault) => {
      const { left, oracle } = await throughFault({
        folder,
        kafka: cluster!,
        server: server!,
        seed: 1,
        events: 24_000,
        replication: 3,
        disturb: (scene) => fault.disturb(scene, cluster!),
      });
      expect(oracle.signals.length).toBeGreaterThan(30);
      expect(left).toEqual(oracle);
      expect(saidTwice(left)).toBe(0);
    },
    240_000,
  );

  test.each(["kafkajs", "platformatic"] as const)(
    "keyed anew over %s, and the leader of a partition of the internal topic is killed and comes back, twice",
    async (client) => {
      const { disturb } = leaderKilled(cluster!);
      const plan = { folder, kafka: cluster!, server: server!, client, seed: 1, partitions: 6, events: 24_000 };
      holds(await rekeyedRounds({ ...plan, replication: 3, disturb }));
    },
    400_000,
  );
});
