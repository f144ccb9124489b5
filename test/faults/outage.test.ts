import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { findPostgres, startPostgres } from "../support/postgres.ts";
import { throughOutage } from "./outage.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-outage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORDS = 60_000;

test.skipIf(findPostgres() === null)(
  "the store goes away and comes back while events flow: nothing is lost, nothing is there twice",
  async () => {
    const server = await startPostgres();
    try {
      const quiet = await throughOutage({ folder: join(folder, "quiet"), server, url: server.url, records: RECORDS });
      const loud = await throughOutage({
        folder: join(folder, "loud"),
        server,
        url: await server.database(),
        records: RECORDS,
        async disturb() {
          await server.crash();
          await sleep(2000);
          await server.restart();
          await sleep(700);
          server.pause();
          await sleep(2000);
          server.resume();
        },
      });
      expect(quiet.left.signals.length).toBeGreaterThan(50);
      expect(quiet.left.heard.length).toBeGreaterThan(5);
      expect(loud.acknowledged.unsure).toBeGreaterThan(0);
      const { http, ...file } = loud.left;
      const { http: _, ...expected } = quiet.left;
      expect(file).toEqual(expected);
      // What was not answered may have been taken: sent again it is there twice, as any client must expect.
      const taken = http.keys.reduce((sum, key) => sum + key.events, 0);
      const sound = quiet.left.http.keys.reduce((sum, key) => sum + key.events, 0);
      expect(taken).toBeGreaterThanOrEqual(sound);
      expect(taken).toBeLessThanOrEqual(sound + loud.acknowledged.unsure);
    } finally {
      await server.stop();
    }
  },
  180_000,
);
