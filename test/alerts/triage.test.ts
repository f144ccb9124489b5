import { expect, test } from "vitest";
import { createWorld, START } from "./world.ts";

const MINUTE_MS = 60_000;
const digest = { from: 5, waitMs: 5_000, windowMs: 60_000 };

test("a storm is told as one, its end as one, and no alarm under two ids", async () => {
  const world = createWorld({ policy: { digest } });
  for (let k = 0; k < 37; k++) {
    await world.add(`k${k}`);
    if (k % 10 === 9) await world.clock.pass(1_000);
  }
  await world.add("lone", "opened", { monitor: "other" });
  await world.clock.pass(10_000, 1_000);
  expect(world.told.map((t) => [t.key, t.phase])).toEqual([
    [null, "opened"],
    ["lone", "opened"],
  ]);
  expect(world.told[0]!.summary).toMatch(/^37 alarms on 37 keys of bot at once \(drift\) since 2026-03-02T12:00:00/);
  // Stragglers are collected until the window is over; few of them are told one by one.
  await world.add("late-1");
  await world.add("late-2");
  await world.clock.pass(30_000, 1_000);
  expect(world.told).toHaveLength(2);
  await world.clock.pass(40_000, 1_000);
  expect(world.told.slice(2).map((t) => t.key)).toEqual(["late-1", "late-2"]);
  for (let k = 0; k < 36; k++) await world.add(`k${k}`, "resolved");
  await world.clock.pass(30_000, 1_000);
  expect(world.told).toHaveLength(4);
  await world.add("k36", "resolved");
  await world.clock.pass(10_000, 1_000);
  expect(world.told).toHaveLength(5);
  expect(world.told[4]).toMatchObject({
    phase: "resolved",
    key: null,
    episode: world.told[0]!.episode,
    summary: "All 37 alarms of bot that were told together are over.",
  });
  const all = await world.outbox.notifications({ channel: "ops", limit: 1_000 });
  const states = all.items.map((n) => n.state);
  expect([states.filter((s) => s === "folded").length, states.filter((s) => s === "waiting").length]).toEqual([74, 0]);
  await world.dispatcher.stop();
});

test("fewer than a storm are told one by one, after waiting for each other", async () => {
  const world = createWorld({ policy: { digest } });
  for (const key of ["a", "b", "c", "d"]) await world.add(key);
  await world.clock.pass(3_000, 1_000);
  expect(world.told).toHaveLength(0);
  await world.clock.pass(5_000, 1_000);
  expect(world.told.map((t) => t.key)).toEqual(["a", "b", "c", "d"]);
  await world.dispatcher.stop();
});

test("in a mute window nothing is told; what is over by its end never is; what still holds is told then", async () => {
  const world = createWorld({ policy: { mute: [{ start: START, end: START + 30 * MINUTE_MS }] } });
  await world.add("over");
  await world.add("holds");
  await world.clock.pass(10 * MINUTE_MS, 1_000);
  await world.add("over", "resolved");
  await world.clock.pass(19 * MINUTE_MS, 1_000);
  expect(world.told).toHaveLength(0);
  await world.clock.pass(3 * MINUTE_MS, 1_000);
  expect(world.told.map((t) => `${t.key} ${t.phase}`)).toEqual(["holds opened"]);
  const { items } = await world.outbox.notifications({ state: "suppressed", limit: 10 });
  expect(items.map((n) => n.error)).toEqual(Array(2).fill("over before the channel's mute window ended"));
  await world.dispatcher.stop();
});

test("within the cooldown the same key and kind is told once, with its end; another key is not held back", async () => {
  const world = createWorld({ policy: { cooldownMs: 30 * MINUTE_MS } });
  const flap = async (n: number) => {
    await world.add("k", "opened", { id: `o${n}`, episode: `e${n}` });
    await world.clock.pass(MINUTE_MS, 1_000);
    await world.add("k", "resolved", { id: `r${n}`, episode: `e${n}` });
    await world.clock.pass(4 * MINUTE_MS, 1_000);
  };
  for (let n = 0; n < 4; n++) await flap(n);
  await world.add("other");
  await world.clock.pass(2_000, 1_000);
  expect(world.told.map((t) => t.id)).toEqual(["o0", "r0", "ntf_epi_bot_other_opened"]);
  await world.clock.pass(15 * MINUTE_MS, 1_000);
  await flap(9);
  expect(world.told.slice(3).map((t) => t.id)).toEqual(["o9", "r9"]);
  await world.dispatcher.stop();
});

test("no more than the limit in a minute; the rest waits in order", async () => {
  const world = createWorld({ policy: { perMinute: 10 } });
  for (let k = 0; k < 35; k++) await world.add(`k${k}`);
  await world.clock.pass(5 * MINUTE_MS, 1_000);
  expect(world.told.map((t) => t.key)).toEqual(Array.from({ length: 35 }, (_, k) => `k${k}`));
  for (let from = 0; from < 5 * MINUTE_MS; from += 1_000) {
    const within = world.told.filter((t) => t.at - START >= from && t.at - START < from + MINUTE_MS);
    expect(within.length).toBeLessThanOrEqual(10);
  }
  await world.dispatcher.stop();
});

test("a test alert is held back by nothing but a mute window", async () => {
  const world = createWorld({ policy: { digest, cooldownMs: MINUTE_MS } });
  await world.add("x", "test", { about: null, episode: null });
  await world.clock.pass(2_000, 1_000);
  expect(world.told.map((t) => t.phase)).toEqual(["test"]);
  await world.dispatcher.stop();
});
