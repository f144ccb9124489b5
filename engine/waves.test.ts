import { expect, test } from "vitest";
import type { Entry } from "./bank.ts";
import type { Model } from "./detector.ts";
import { createWaves } from "./waves.ts";

test("slow steps of one key leave the thread to others in between", async () => {
  let turns = 0;
  const seen: number[] = [];
  const model = {
    step: () => {
      seen.push(turns);
      for (const until = performance.now() + 25; performance.now() < until; );
      return [{ ratio: 0, signals: [] }];
    },
  } as unknown as Model;
  const entry = { wave: -1, state: {}, header: { time: null } } as unknown as Entry;
  const events = Array.from({ length: 6 }, () => ({ key: "k", event: {}, time: null }) as never);
  let done = false;
  const turn = (): void => {
    turns++;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await createWaves(model, { allowedLatenessMs: null }).step(
    events.map(() => entry),
    events,
    null,
    (work) => work(),
  );
  done = true;
  expect(seen.length).toBe(6);
  expect(seen.at(-1)).toBeGreaterThan(2);
});
