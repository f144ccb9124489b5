import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { hasKcat } from "./kcat.ts";
import { saidTwice } from "./left-behind.ts";
import { type RekeyedResult, type RekeyedScene, rekeyedRounds } from "./rekeyed-rounds.ts";

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

async function killed(scene: RekeyedScene): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await scene.rest(900);
    await scene.end(scene.members[0]!, "SIGKILL");
    await scene.startMember();
  }
}

async function rebalanced(scene: RekeyedScene): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await scene.rest(600);
    await scene.startMember();
    await scene.rest(1500);
    await scene.end(scene.members[0]!, "SIGTERM");
  }
}

/** Past its session and on again: it finds its records in hand, and goes on writing them. */
async function paused(scene: RekeyedScene): Promise<void> {
  await scene.rest(800);
  const zombie = scene.members[0]!;
  zombie.process.kill("SIGSTOP");
  await sleep(3500);
  await scene.rest(1000);
  zombie.process.kill("SIGCONT");
}

/** All that must hold, whatever happened. */
function holds({ left, oracle, sent, goodByKey, eventsByKey, passages, topic }: RekeyedResult): void {
  // Everything that was sent went through, and to one partition for each key.
  expect(new Set(passages.map(({ from, at }) => `${from}@${at}`))).toEqual(sent);
  const homes = new Map<string, Set<number>>();
  for (const { key, to } of passages) if (key !== null) homes.set(key, (homes.get(key) ?? new Set()).add(to));
  for (const at of homes.values()) expect(at.size).toBe(1);
  // Each event was applied once.
  expect(eventsByKey).toEqual(goodByKey);
  expect(oracle.signals.length).toBeGreaterThan(20);
  expect(left).toEqual(oracle);
  expect(saidTwice(left)).toBe(0);
  // At the places where they stood in the source.
  for (const { body } of left.signals) expect((body as { position: { topic: string } }).position.topic).toBe(topic);
  expect(left.deadLetters.length).toBe(sent.size - Object.values(goodByKey).reduce((a, b) => a + b, 0));
}

describe.skipIf(!possible)("twelve partitions with every key on each: one state per key, over two members", () => {
  test.each([
    ["kafkajs", "killed again and again", killed],
    ["kafkajs", "rebalanced", rebalanced],
    ["kafkajs", "stopped past a member's session and continued", paused],
    ["platformatic", "killed again and again", killed],
  ] as const)(
    "%s, %s",
    async (client, _, disturb) => {
      if ("skip" in kafka) return;
      const plan = { folder, kafka, server: server!, client, seed: 1, partitions: 12, events: 24_000 };
      const result = await rekeyedRounds({ ...plan, disturb });
      holds(result);
      // Who is killed has written what it did not commit: the next owner wrote it again.
      if (disturb === killed) expect(result.passages.length).toBeGreaterThan(result.sent.size);
    },
    400_000,
  );
});
