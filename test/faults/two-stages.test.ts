import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { hasKcat } from "./kcat.ts";
import { REKEYED_FAULTS, type RekeyedFault } from "./rekeyed-faults.ts";
import { ROUNDS, twoStageRound } from "./two-stage-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-two-stages-"));
const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null && hasKcat;
if (!possible) console.warn("SKIPPED, two stages over members: it needs Kafka, PostgreSQL and kcat.");
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!possible)("each turn counts once where it came, each conversation once in its fleet", () => {
  const { killed, rebalanced } = REKEYED_FAULTS;
  const few: readonly (readonly ["kafkajs" | "platformatic", RekeyedFault])[] = [
    ["kafkajs", killed],
    ["platformatic", killed],
    ["platformatic", rebalanced],
  ];
  const cases = ROUNDS === 1 ? few : [...few, ["kafkajs", rebalanced] as const];
  const rounds = cases.flatMap(([client, fault]) =>
    Array.from({ length: ROUNDS }, (_, round) => [client, fault.name, round + 1, fault] as const),
  );
  test.each(rounds)(
    "%s, members are %s, round %i",
    async (client, _, seed, { disturb }) => {
      if ("skip" in kafka) return;
      await twoStageRound({ folder, kafka, server: server!, client, seed, disturb });
    },
    400_000,
  );
});
