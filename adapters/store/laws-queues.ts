import { describe, expect, test } from "vitest";
import { freshName, notificationOf, ownLane, type StoreUnderTest } from "./law-samples.ts";

export function queueLaws(get: () => StoreUnderTest): void {
  describe("outbox", () => {
    test("a notification is taken by one dispatcher at a time, oldest first, and again when its lease ran out", async () => {
      const { store, another } = get();
      const channel = freshName("channel");
      const owner = await ownLane(store);
      const all = Array.from({ length: 20 }, (_, i) => notificationOf(channel, { body: `{"n":${i}}` }));
      await owner.commit({ notifications: all });
      await owner.commit({ notifications: [...all, notificationOf(freshName("other"))] });
      const taken = await Promise.all([
        store.takeDue(channel, 8, 3_000),
        another.takeDue(channel, 8, 3_000),
        store.takeDue(channel, 8, 3_000),
      ]);
      const flat = taken.flat();
      expect(new Set(flat.map((one) => one.id)).size).toBe(20);
      expect(flat.length).toBe(20);
      expect(await store.takeDue(channel, 8, 3_000)).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 3_100));
      const again = await another.takeDue(channel, 100, 60_000);
      expect(again.map((one) => one.body)).toEqual(all.map((one) => one.body));
      expect(again.every((one) => one.attempts === 2)).toBe(true);
      expect(again[0]).toMatchObject(all[0]!);
      expect(Math.abs(again[0]!.createdAt - Date.now())).toBeLessThan(60_000);
    });

    test("delivered is done, retry waits, dead waits for a person", async () => {
      const { store } = get();
      const channel = freshName("channel");
      const before = await store.outboxState();
      const [done, later, dead] = [0, 1, 2].map(() => notificationOf(channel, { phase: "test" }));
      for (const one of [done!, later!, dead!, dead!]) await store.enqueue(one);
      expect((await store.outboxState()).waiting).toBe(before.waiting + 3);
      expect((await store.takeDue(channel, 10, 60_000)).length).toBe(3);
      await store.finish(done!.id, { kind: "delivered" });
      await store.finish(later!.id, { kind: "retry", afterMs: 120, error: "503 \0" });
      await store.finish(dead!.id, { kind: "dead", error: "410" });
      await store.finish("nothing", { kind: "delivered" });
      expect(await store.takeDue(channel, 10, 60_000)).toEqual([]);
      const state = await store.outboxState();
      expect([state.waiting - before.waiting, state.dead - before.dead]).toEqual([1, 1]);
      expect(state.oldestSeconds).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 160));
      const retried = await store.takeDue(channel, 10, 60_000);
      expect(retried.map((one) => [one.id, one.attempts])).toEqual([[later!.id, 2]]);
      expect(await store.redeliver(freshName("other"))).toBe(0);
      expect(await store.redeliver(channel)).toBe(1);
      const revived = await store.takeDue(channel, 10, 60_000);
      expect(revived.map((one) => [one.id, one.attempts])).toEqual([[dead!.id, 1]]);
    });
  });

  describe("outbox: what belongs together", () => {
    const about = (monitor: string, key: string | null = "k") =>
      ({ monitor, detector: "numeric", key, kind: "drift", severity: "warning" }) as const;

    test("the end of an alarm waits until its beginning is done with", async () => {
      const { store } = get();
      const channel = freshName("channel");
      const episode = freshName("epi");
      const first = notificationOf(channel, { episode });
      const last = notificationOf(channel, { episode, phase: "resolved" });
      const other = notificationOf(channel);
      for (const one of [first, last, other]) await store.enqueue(one);
      const ids = async () => (await store.takeDue(channel, 10, 60_000)).map((n) => n.id);
      expect(await ids()).toEqual([first.id, other.id]);
      await store.finish(first.id, { kind: "retry", afterMs: 60_000, error: "503" });
      expect(await ids()).toEqual([]);
      await store.finish(first.id, { kind: "dead", error: "410" });
      expect(await ids()).toEqual([last.id]);
    });

    test("held is no attempt; suppressed is never told; all are listed with what became of them", async () => {
      const { store, another } = get();
      const channel = freshName("channel");
      const [held, gone] = [notificationOf(channel), notificationOf(channel)];
      for (const one of [held, gone]) await store.enqueue(one);
      await store.takeDue(channel, 10, 60_000);
      await store.finish(held.id, { kind: "held", afterMs: 0 });
      await store.finish(gone.id, { kind: "suppressed", error: "cooldown" });
      expect((await store.takeDue(channel, 10, 0)).map((n) => [n.id, n.attempts])).toEqual([[held.id, 1]]);
      const listed = await another.notifications({ channel, limit: 10 });
      expect(listed.items.map((n) => [n.id, n.state, n.error])).toEqual([
        [gone.id, "suppressed", "cooldown"],
        [held.id, "waiting", null],
      ]);
      expect(listed.items[0]).toMatchObject(gone);
      const page = await store.notifications({ channel, limit: 1 });
      expect((await store.notifications({ channel, limit: 1, after: page.next! })).items[0]!.id).toBe(held.id);
      expect((await store.notifications({ channel, state: "suppressed", limit: 9 })).items).toHaveLength(1);
      expect(await store.notification("nothing")).toBeNull();
      expect((await store.notification(gone.id))!.finishedAt).not.toBeNull();
    });

    test("openings that wait untried become one, at once and only once, whoever folds", async () => {
      const { store, another } = get();
      const channel = freshName("channel");
      const monitor = freshName("monitor");
      const all = Array.from({ length: 12 }, (_, i) => {
        return notificationOf(channel, { episode: freshName("epi"), about: about(monitor, `k${i}`) });
      });
      for (const one of all) await store.enqueue(one);
      await store.enqueue(notificationOf(channel, { about: about(freshName("other")) }));
      expect(await store.crowded(channel, 13, 0)).toEqual([]);
      expect(await store.crowded(channel, 12, 0)).toEqual([monitor]);
      expect(await store.crowded(channel, 12, 60_000)).toEqual([]);
      expect(await store.foldedAgo(channel, monitor)).toBeNull();
      const make = (members: readonly { id: string }[]) =>
        notificationOf(channel, { id: `storm-${members[0]!.id}`, episode: "storm", about: about(monitor, null) });
      const counts = await Promise.all([store.fold(channel, monitor, make), another.fold(channel, monitor, make)]);
      expect(counts.toSorted((a, b) => a - b)).toEqual([0, 12]);
      expect(await store.crowded(channel, 1, 0)).not.toContain(monitor);
      const ago = await store.foldedAgo(channel, monitor);
      expect(ago).toBeGreaterThanOrEqual(0);
      const into = `storm-${all[0]!.id}`;
      expect(await store.openingOf(channel, all[3]!.episode!)).toEqual({ state: "folded", foldedInto: into });
      expect(await store.openingOf(channel, "nothing")).toBeNull();
      const end = notificationOf(channel, { episode: all[3]!.episode, phase: "resolved", about: about(monitor, "k3") });
      await store.enqueue(end);
      expect(await store.foldEnd(end.id, into)).toEqual({ members: 12, ended: 1 });
      expect(await another.foldEnd(end.id, into)).toEqual({ members: 12, ended: 1 });
      expect((await store.takeDue(channel, 100, 0)).map((n) => n.id)).toHaveLength(2);
    });

    test("an earlier opening about the same key and kind is found while it counts", async () => {
      const { store } = get();
      const channel = freshName("channel");
      const of = (key: string, given = {}) => notificationOf(channel, { about: about("m", key), ...given });
      const [first, other, again] = [of("a"), of("b"), of("a")];
      for (const one of [first, other, again]) await store.enqueue(one);
      expect(await store.precededWithin(first.id, 60_000)).toBe(false);
      expect(await store.precededWithin(other.id, 60_000)).toBe(false);
      expect(await store.precededWithin(again.id, 60_000)).toBe(true);
      await store.finish(first.id, { kind: "suppressed", error: "" });
      expect(await store.precededWithin(again.id, 60_000)).toBe(false);
    });

    test("what began and ended untold is cancelled in pairs", async () => {
      const { store } = get();
      const channel = freshName("channel");
      const episode = freshName("epi");
      const lone = notificationOf(channel, { episode: freshName("epi") });
      for (const one of [
        notificationOf(channel, { episode }),
        lone,
        notificationOf(channel, { episode, phase: "resolved" }),
      ])
        await store.enqueue(one);
      expect(await store.cancelPairs(channel, "muted")).toBe(2);
      expect((await store.takeDue(channel, 10, 0)).map((n) => n.id)).toEqual([lone.id]);
    });
  });

  describe("inbox", () => {
    test("numbers ascend without gaps and in the order of each append, whoever appends", async () => {
      const { store, another } = get();
      const monitor = freshName("monitor");
      const body = (text: string) => Buffer.from(text);
      const appends = Array.from({ length: 12 }, (_, a) =>
        (a % 2 ? store : another).appendInbox(
          monitor,
          [0, 1, 2].map((i) => body(`${a}:${i}`)),
          1000 + a,
        ),
      );
      await Promise.all(appends);
      const records = await store.readInbox(monitor, 0, 100);
      expect(records.map((record) => record.sequence)).toEqual(Array.from({ length: 36 }, (_, i) => i));
      for (let i = 0; i < 36; i += 3) {
        const append = records.slice(i, i + 3).map((record) => Buffer.from(record.body).toString());
        const first = append[0]!.split(":")[0]!;
        expect(append).toEqual([0, 1, 2].map((n) => `${first}:${n}`));
        expect(records[i]!.time).toBe(1000 + Number(first));
      }
      await store.trimInbox(monitor, 30);
      await store.appendInbox(monitor, [], 1);
      await store.appendInbox(monitor, [body("next")], 1);
      expect((await store.readInbox(monitor, 0, 4)).map((record) => record.sequence)).toEqual([30, 31, 32, 33]);
      expect((await store.readInbox(monitor, 36, 4)).map((record) => record.sequence)).toEqual([36]);
      expect(await store.readInbox(monitor, 37, 4)).toEqual([]);
      expect(await store.readInbox(freshName("monitor"), 0, 4)).toEqual([]);
    });

    test("large events come a few at a time, each of them once", async () => {
      const { store } = get();
      const monitor = freshName("monitor");
      await store.appendInbox(monitor, Array(8).fill(Buffer.alloc(3 << 20, "x")), 1);
      const seen: number[] = [];
      for (let next = 0; ; next = seen.at(-1)! + 1) {
        const page = await store.readInbox(monitor, next, 1000);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(2);
        seen.push(...page.map((record) => record.sequence));
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });

  describe("commands", () => {
    test("a command waits until a commit applies it or it is discarded", async () => {
      const { store, another } = get();
      const owner = await ownLane(another);
      const { run, monitor } = owner.name;
      const command = { run, monitor, key: "k\0", kind: "acknowledge" as const, episode: "e", note: "why \ud800" };
      const first = await store.addCommand(command);
      const second = await store.addCommand({ ...command, kind: "adapt", episode: null, note: null });
      const third = await store.addCommand({ ...command, kind: "false-alarm" });
      expect(await another.pendingCommands(run)).toEqual([
        { ...command, id: first },
        { ...command, id: second, kind: "adapt", episode: null, note: null },
        { ...command, id: third, kind: "false-alarm" },
      ]);
      expect(await another.pendingCommands(freshName("run"))).toEqual([]);
      await owner.commit({ fromOffset: 77, commands: [first] });
      expect((await store.pendingCommands(run)).length).toBe(3);
      await owner.commit({ commands: [first] });
      await store.discardCommand(second);
      expect((await store.pendingCommands(run)).map((one) => one.id)).toEqual([third]);
    });
  });
}
