import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { databasesOf } from "../support/processes.ts";
import { killRounds, writeEvents } from "./kill-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("kill -9 of the running service at random moments", () => {
  test("over a file on the embedded store: exactly the signals of an undisturbed run, and no database process stays", async () => {
    const records = 150_000;
    const path = writeEvents(folder, records);
    const result = await killRounds({
      folder,
      store: (f) => `{ kind: embedded, path: ${join(f, "data")} }`,
      source: { top: "", monitor: `{ file: { path: ${path} } }` },
      records,
      kills: 4,
      seed: 1,
    });
    expect(result.signals).toBeGreaterThan(100);
    expect(result.killed).toEqual(result.undisturbed);
    await expect.poll(() => databasesOf(folder), { timeout: 6000 }).toEqual([]);
  }, 180_000);
});
