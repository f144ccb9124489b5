import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import {
  type Channel,
  type Delivery,
  DISPATCH_POLICY,
  type DispatchPolicy,
  settle,
  startDispatcher,
} from "./dispatch.ts";
import { silentLog } from "./log.ts";
import { type Meter, NO_METER } from "./meter.ts";
import type { DeliveryOutcome, DueNotification, Outbox } from "./store.ts";

test("a notification is delivered once and finished", async () => {
  const world = newWorld({ ops: () => ({ kind: "delivered" }) });
  world.add("ops", "n1");
  world.dispatcher.wake();
  await world.run(0);
  expect(world.tries).toEqual([["ops", "n1", 0]]);
  expect(world.outcomes.get("n1")).toEqual([{ kind: "delivered" }]);
  await world.run(3_600_000);
  expect(world.tries).toHaveLength(1);
  await world.stop();
});

test("a failing target is tried with growing waits until the last try, then the notification is dead", async () => {
  const world = newWorld({ ops: () => ({ kind: "retry", afterMs: null, error: "500" }) }, { breakAfter: 1e9 });
  world.add("ops", "n1");
  await world.run(3 * 86_400_000, 60_000);
  const outcomes = world.outcomes.get("n1")!;
  expect(outcomes).toHaveLength(20);
  expect(outcomes.at(-1)).toEqual({ kind: "dead", error: "500 (try 20, the last)" });
  const waits = outcomes.slice(0, -1).map((o) => (o.kind === "retry" ? o.afterMs : Number.NaN));
  // random() is one half here: half of each ceiling.
  expect(waits.slice(0, 4)).toEqual([2_500, 5_000, 10_000, 20_000]);
  expect(waits.at(-1)).toBe(3 * 3_600_000);
  const last = world.tries.at(-1)![2];
  expect(last).toBeGreaterThan(18 * 3_600_000);
  expect(last).toBeLessThan(30 * 3_600_000);
  await world.stop();
});

test("410 ends it at once, and a dead notification is not tried again", async () => {
  const world = newWorld({ ops: () => ({ kind: "dead", error: "410" }) });
  world.add("ops", "n1");
  await world.run(86_400_000, 60_000);
  expect(world.tries).toHaveLength(1);
  expect(world.outcomes.get("n1")).toEqual([{ kind: "dead", error: "410" }]);
  await world.stop();
});

test("the wait that a target asks for is a lower bound, up to the longest wait", () => {
  const policy = DISPATCH_POLICY;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10 * policy.maxDelayMs }),
      fc.integer({ min: 1, max: 19 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (afterMs, attempts, random) => {
        const outcome = settle({ kind: "retry", afterMs, error: "" }, attempts, policy, () => random);
        expect(outcome.kind).toBe("retry");
        const wait = outcome.kind === "retry" ? outcome.afterMs : -1;
        expect(wait).toBeGreaterThanOrEqual(Math.min(afterMs, policy.maxDelayMs));
        const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempts - 1));
        expect(wait).toBeLessThanOrEqual(Math.max(ceiling, Math.min(afterMs, policy.maxDelayMs)));
      },
    ),
  );
});

test("no more than the limit are under way at one target, and a hanging target holds up no other", async () => {
  const hanging: (() => void)[] = [];
  const world = newWorld({
    slow: () => new Promise((resolve) => hanging.push(() => resolve({ kind: "delivered" }))),
    quick: () => ({ kind: "delivered" }),
  });
  for (let i = 0; i < 10; i++) world.add("slow", `s${i}`);
  for (let i = 0; i < 10; i++) world.add("quick", `q${i}`);
  await world.run(5_000, 500);
  expect(hanging).toHaveLength(4);
  expect(world.tries.filter(([target]) => target === "quick")).toHaveLength(10);
  for (let round = 0; round < 3; round++) {
    for (const done of hanging.splice(0)) done();
    await world.run(0);
  }
  expect([...world.outcomes.keys()].filter((id) => id.startsWith("s"))).toHaveLength(10);
  await world.stop();
});

test("a target that keeps failing is only probed, and comes back with its first success", async () => {
  let broken = true;
  const world = newWorld({
    ops: () => (broken ? { kind: "retry", afterMs: null, error: "down" } : { kind: "delivered" }),
  });
  for (let i = 0; i < 200; i++) world.add("ops", `n${i}`);
  await world.run(300_000, 1_000);
  // 5 failures (4 at a time, so up to 8), then one each 30 s.
  expect(world.tries.length).toBeLessThanOrEqual(8 + 11);
  broken = false;
  await world.run(40_000, 1_000);
  expect([...world.outcomes.values()].filter((o) => o.at(-1)?.kind === "delivered").length).toBeGreaterThan(190);
  // Those that were probed wait for their own next try.
  await world.run(4 * 3_600_000, 60_000);
  expect([...world.outcomes.values()].filter((o) => o.at(-1)?.kind === "delivered").length).toBe(200);
  await world.stop();
});

test("a wake delivers at once instead of at the next poll", async () => {
  const world = newWorld({ ops: () => ({ kind: "delivered" }) }, { pollMs: 60_000 });
  await world.run(0);
  world.add("ops", "n1");
  await world.run(10_000, 1_000);
  expect(world.tries).toHaveLength(0);
  world.dispatcher.wake();
  await world.run(0);
  expect(world.tries).toHaveLength(1);
  await world.stop();
});

test("a channel that throws and an outbox that fails cost a try, never the loop", async () => {
  let calls = 0;
  const world = newWorld({
    ops: () => {
      calls += 1;
      if (calls === 1) throw new RangeError("broken channel");
      return { kind: "delivered" };
    },
  });
  world.failTakes(3);
  world.add("ops", "n1");
  await world.run(60_000, 500);
  expect(world.outcomes.get("n1")!.map((o) => o.kind)).toEqual(["retry", "delivered"]);
  await world.stop();
});

test("stop waits for what is under way and takes nothing new", async () => {
  let finish = () => {};
  const world = newWorld({ ops: () => new Promise((resolve) => (finish = () => resolve({ kind: "delivered" }))) });
  world.add("ops", "n1");
  world.dispatcher.wake();
  await world.run(0);
  const stopped = world.dispatcher.stop();
  world.add("ops", "n2");
  let done = false;
  stopped.then(() => (done = true));
  await settleTasks();
  expect(done).toBe(false);
  finish();
  await stopped;
  expect([...world.outcomes.keys()]).toEqual(["n1"]);
});

test("past the grace, stop tells the channel to break off", async () => {
  const world = newWorld(
    {
      ops: (_, stop) =>
        new Promise((resolve) =>
          stop.addEventListener("abort", () => resolve({ kind: "retry", afterMs: null, error: "stopped" })),
        ),
    },
    { graceMs: 20 },
  );
  world.add("ops", "n1");
  world.dispatcher.wake();
  await world.run(0);
  await world.dispatcher.stop();
  expect(world.outcomes.get("n1")![0]).toMatchObject({ kind: "retry", error: "stopped" });
});

test("each try is measured with its outcome", async () => {
  const seen: unknown[] = [];
  const meter: Meter = { ...NO_METER, delivery: (...args) => seen.push(args) };
  let n = 0;
  const world = newWorld(
    { ops: () => (n++ === 0 ? { kind: "retry", afterMs: null, error: "x" } : { kind: "delivered" }) },
    {},
    meter,
  );
  world.add("ops", "n1");
  await world.run(10_000, 500);
  expect(seen).toEqual([
    ["ops", 0, "retry"],
    ["ops", 0, "delivered"],
  ]);
  await world.stop();
});

// ---- a small world: an outbox in memory and a clock that moves when told ----

type Behaviour = (n: DueNotification, stop: AbortSignal) => Delivery | Promise<Delivery>;

function newWorld(behaviours: Record<string, Behaviour>, policy: Partial<DispatchPolicy> = {}, meter = NO_METER) {
  const clock = newFakeClock();
  const rows = new Map<string, DueNotification & { due: number; done: boolean }>();
  const outcomes = new Map<string, DeliveryOutcome[]>();
  const tries: [string, string, number][] = [];
  let takesToFail = 0;
  const outbox = {
    async takeDue(channel: string, limit: number, leaseMs: number) {
      if (takesToFail > 0) {
        takesToFail -= 1;
        throw new RangeError("the store is away");
      }
      const due = [...rows.values()].filter((r) => r.channel === channel && !r.done && r.due <= clock.now());
      return due.slice(0, limit).map((r) => {
        const taken = { ...r, attempts: r.attempts + 1, due: clock.now() + leaseMs };
        rows.set(r.id, taken);
        return taken;
      });
    },
    async finish(id: string, outcome: DeliveryOutcome) {
      outcomes.set(id, [...(outcomes.get(id) ?? []), outcome]);
      const row = rows.get(id)!;
      if (outcome.kind === "retry") rows.set(id, { ...row, due: clock.now() + outcome.afterMs });
      else rows.set(id, { ...row, done: true });
    },
  } as Partial<Outbox> as Outbox;
  const channels = Object.entries(behaviours).map(
    ([name, behave]): Channel => ({
      name,
      async deliver(n, stop) {
        tries.push([name, n.id, clock.now()]);
        return behave(n, stop);
      },
    }),
  );
  const dispatcher = startDispatcher({ outbox, channels, meter, clock, log: silentLog, policy, random: () => 0.5 });
  return {
    dispatcher,
    tries,
    outcomes,
    failTakes: (n: number) => {
      takesToFail = n;
    },
    add: (channel: string, id: string) =>
      rows.set(id, {
        id,
        channel,
        episode: null,
        signal: "sig_1",
        phase: "opened",
        about: null,
        body: "{}",
        attempts: 0,
        createdAt: clock.now(),
        due: clock.now(),
        done: false,
      }),
    async run(ms: number, stepMs = ms) {
      await settleTasks();
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs);
        await settleTasks();
      }
    },
    stop: async () => {
      await dispatcher.stop();
    },
  };
}

function newFakeClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  let sleepers: { at: number; resolve: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ at: now + ms, resolve })),
    advance(ms) {
      now += ms;
      const due = sleepers.filter((s) => s.at <= now);
      sleepers = sleepers.filter((s) => s.at > now);
      for (const s of due) s.resolve();
    },
  };
}

/** Lets every promise that can go on do so. */
async function settleTasks(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
