import { expect, test } from "vitest";
import { createWorld, START } from "./world.ts";

const HOUR_MS = 3_600_000;

test("a receiver that is down for an hour while 5,000 alarms begin and end: none is lost, none told under two ids, ends after beginnings", async () => {
  const down = (now: number): boolean => now < START + HOUR_MS;
  const world = createWorld({
    answer: (_, now) => (down(now) ? { kind: "retry", afterMs: null, error: "ECONNREFUSED" } : { kind: "delivered" }),
  });
  // An alarm each 720 ms for an hour, over a minute later: 10,000 notifications.
  let [begun, ended] = [0, 0];
  for (let second = 0; second < 3_600 + 61; second++) {
    for (; begun < 5_000 && begun * 720 <= second * 1000; begun++) await world.add(`k${begun}`);
    for (; ended < 5_000 && ended * 720 + 60_000 <= second * 1000; ended++) await world.add(`k${ended}`, "resolved");
    await world.clock.pass(1_000);
    if (second % 60 === 0 && down(world.clock.now() + 2_000)) {
      expect(world.told).toHaveLength(0);
      if (second > 300) expect(world.dispatcher.broken()).toEqual(["ops"]);
    }
  }
  expect([begun, ended]).toEqual([5_000, 5_000]);
  // The breaker: a first volley, then one probe each 30 s, not 10,000 alerts again and again.
  const triesWhileDown = world.tries() - world.told.length;
  expect(triesWhileDown).toBeLessThanOrEqual(8 + 121);
  await world.clock.pass(8 * HOUR_MS, 60_000);

  const state = await world.outbox.outboxState();
  const ids = world.told.map((t) => t.id);
  expect(ids.length + state.dead).toBe(10_000);
  expect([state.waiting, state.dead]).toEqual([0, 0]);
  expect(new Set(ids).size).toBe(10_000);
  const perThing = new Set(world.told.map((t) => `${t.episode} ${t.phase}`));
  expect(perThing.size).toBe(10_000);
  const place = new Map(world.told.map((t, i) => [`${t.key} ${t.phase}`, i]));
  for (let k = 0; k < 5_000; k++) expect(place.get(`k${k} opened`)!).toBeLessThan(place.get(`k${k} resolved`)!);

  const delays = world.told.map((t) => (t.at - Math.max(t.createdAt, START + HOUR_MS)) / 1000).sort((a, b) => a - b);
  const outOfOrder = world.told.filter((t, i) => i > 0 && t.createdAt < world.told[i - 1]!.createdAt).length;
  console.info(
    `back after an hour: ${triesWhileDown} tries while down; told after the return within (s): median ${delays[5_000]}, 99 % ${delays[9_900]}, last ${delays.at(-1)}; ${outOfOrder} of 10,000 before an older one`,
  );
  // All but those that had used up tries and wait for their own next one.
  expect(delays[9_800]).toBeLessThan(1_800);
  await world.dispatcher.stop();
}, 240_000);

test("given up after its last try it is counted, kept, and told under the same id when a person asks", async () => {
  let gone = true;
  const world = createWorld({
    answer: () => (gone ? { kind: "retry", afterMs: null, error: "500" } : { kind: "delivered" }),
    dispatch: { maxAttempts: 4, breakAfter: 1e9 },
  });
  for (let k = 0; k < 50; k++) await world.add(`k${k}`);
  await world.clock.pass(HOUR_MS, 1_000);
  expect(await world.outbox.outboxState()).toMatchObject({ waiting: 0, dead: 50 });
  expect(world.tries()).toBe(200);
  const { items } = await world.outbox.notifications({ channel: "ops", state: "dead", limit: 100 });
  expect(items).toHaveLength(50);
  expect(items[0]!.error).toBe("500 (try 4, the last)");
  gone = false;
  expect(await world.outbox.redeliver("ops")).toBe(50);
  await world.clock.pass(30_000, 1_000);
  expect(new Set(world.told.map((t) => t.id))).toEqual(new Set(items.map((n) => n.id)));
  await world.dispatcher.stop();
});
