import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startKafka } from "../support/kafka.ts";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { throughFault } from "./disturbed.ts";
import { FAULTS } from "./faults.ts";
import { hasKcat } from "./kcat.ts";
import { saidTwice } from "./left-behind.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-fault-"));
const kafka = await startKafka();
const possible = !("skip" in kafka) && findPostgres() !== null && hasKcat;
if (!possible) console.warn("SKIPPED, the fault table: it needs Kafka, PostgreSQL and kcat.");
const server = possible ? await startPostgres() : null;
afterAll(async () => {
  await server?.stop();
  if (!("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!possible)("two members over four partitions leave what one undisturbed thread would", () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    "%s",
    async (_, fault) => {
      if ("skip" in kafka) return;
      const { left, oracle, logs } = await throughFault({
        folder,
        kafka,
        server: server!,
        seed: 1,
        disturb: fault.disturb,
        lines: fault.lines,
      });
      expect(oracle.signals.length).toBeGreaterThan(100);
      expect(oracle.states).toHaveLength(64);
      expect(left).toEqual(oracle);
      expect(saidTwice(left)).toBe(0);
      if (fault.noticed) expect(logs.join()).toMatch(fault.noticed);
    },
    180_000,
  );
});
