import { afterAll, beforeAll, describe } from "vitest";
import type { StoreUnderTest } from "./law-samples.ts";
import { commitLaws } from "./laws-commit.ts";
import { queueLaws } from "./laws-queues.ts";
import { recordLaws } from "./laws-records.ts";
import { upkeepLaws } from "./laws-upkeep.ts";

/** The laws of the store port, for any implementation. */
export function storeLaws(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`store laws: ${name}`, () => {
    let current: StoreUnderTest;
    beforeAll(async () => {
      current = await start();
    });
    afterAll(async () => {
      await current?.end();
    });
    const get = () => current;
    commitLaws(get);
    recordLaws(get);
    queueLaws(get);
    upkeepLaws(get);
  });
}
