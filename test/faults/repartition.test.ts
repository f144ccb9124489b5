import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { hasKcat } from "./kcat.ts";
import { REKEYED_FAULTS, type RekeyedFault } from "./rekeyed-faults.ts";
import { holds } from "./rekeyed-holds.ts";
import { rekeyedRounds } from "./rekeyed-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-repartition-"));
const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null && hasKcat;
if (!possible) console.warn("SKIPPED, repartition over members: it needs Kafka, PostgreSQL and kcat.");
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!possible)("twelve partitions with every key on each: one state per key, over two members", () => {
  const { killed, inBetween, rebalanced, paused } = REKEYED_FAULTS;
  const cases: readonly (readonly ["kafkajs" | "platformatic", RekeyedFault])[] = [
    ["kafkajs", killed],
    ["kafkajs", inBetween],
    ["kafkajs", rebalanced],
    ["kafkajs", paused],
    ["platformatic", killed],
    ["platformatic", inBetween],
  ];
  test.each(cases.map(([client, fault]) => [client, fault.name, fault] as const))(
    "%s, %s",
    async (client, _, { disturb, checkpoint, writesAgain }) => {
      if ("skip" in kafka) return;
      const plan = { folder, kafka, server: server!, client, seed: 1, partitions: 12, events: 24_000, checkpoint };
      const result = await rekeyedRounds({ ...plan, disturb });
      holds(result);
      if (writesAgain) expect(result.passages.length).toBeGreaterThan(result.sent.size);
    },
    400_000,
  );
});
