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
        store.takeDue(channel, 8, 150),
        another.takeDue(channel, 8, 150),
        store.takeDue(channel, 8, 150),
      ]);
      const flat = taken.flat();
      expect(new Set(flat.map((one) => one.id)).size).toBe(20);
      expect(flat.length).toBe(20);
      expect(await store.takeDue(channel, 8, 150)).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 200));
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
      const [done, later, dead] = [0, 1, 2].map(() => notificationOf(channel, { phase: "test", episode: "e" }));
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
