import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { silentLog } from "../../engine/log.ts";
import { CLIENTS } from "../../ingest/kafka.ts";
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
import { ROUNDS, twoStageRound } from "./two-stage-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-cluster-"));
const possible = whyNoJava() === null && findPostgres() !== null && hasKcat;
if (!possible) console.warn("SKIPPED, faults of brokers: they need Java, Maven, PostgreSQL and kcat.");
const cluster = possible ? await startKafkaCluster() : null;
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

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

  // In one round the other client goes through the same in two stages, below.
  test.each(ROUNDS === 1 ? (["kafkajs"] as const) : (["kafkajs", "platformatic"] as const))(
    "keyed anew over %s, and the leader of a partition of the internal topic is killed and comes back, twice",
    async (client) => {
      const { disturb } = leaderKilled(cluster!);
      const plan = { folder, kafka: cluster!, server: server!, client, seed: 1, partitions: 6, events: 24_000 };
      holds(await rekeyedRounds({ ...plan, replication: 3, disturb }));
    },
    400_000,
  );

  const clients = ROUNDS === 1 ? (["platformatic"] as const) : (["platformatic", "kafkajs"] as const);
  test.each(clients.flatMap((client) => Array.from({ length: ROUNDS }, (_, round) => [client, round + 1] as const)))(
    "in two stages over %s, and the leader of a partition of the internal topic is killed and comes back, twice, round %i",
    async (client, seed) => {
      const { disturb } = leaderKilled(cluster!);
      await twoStageRound({ folder, kafka: cluster!, server: server!, client, seed, replication: 3, disturb });
    },
    400_000,
  );

  test.each(["kafkajs", "platformatic"] as const)(
    "%s: a member whose coordinator was killed hears from the next one, or that it has to join anew",
    async (name) => {
      const [topic, group] = [cluster!.unique("t"), cluster!.unique("g")];
      await cluster!.createTopic(topic, 1, {}, 3);
      const { join } = await CLIENTS[name]({ brokers: cluster!.brokers }, silentLog);
      let heard = 0;
      const count = () => {
        heard += 1;
      };
      const nothing = () => undefined;
      const others = { assigned: nothing, rebalancing: nothing, forbidden: nothing, fetched: async () => undefined };
      // Long enough that it is not over before the next one is there.
      const options = { group, topics: [topic], sessionMs: 120_000, heartbeatMs: 300 };
      const member = await join(options, { ...others, heartbeat: count, failed: count });
      try {
        await expect.poll(() => heard, { timeout: 60_000 }).toBeGreaterThan(0);
        const coordinator = await cluster!.coordinatorOf(group);
        await cluster!.stopNode(coordinator, "SIGKILL");
        heard = 0;
        await expect.poll(() => heard, { timeout: 100_000 }).toBeGreaterThan(0);
        await cluster!.startNode(coordinator);
        await cluster!.untilInSync(topic);
      } finally {
        await member.leave();
      }
    },
    240_000,
  );
});
