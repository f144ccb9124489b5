import { describe, expect, test } from "vitest";
import type { Signal } from "../../engine/signal.ts";
import type { Page } from "../../engine/store.ts";
import { episodeOf, freshName, ownLane, type StoreUnderTest, signalOf, stateWrite } from "./law-samples.ts";

export function recordLaws(get: () => StoreUnderTest): void {
  describe("reading", () => {
    test("a reader that follows the cursor meets every signal once, whoever commits meanwhile", async () => {
      const { store, another } = get();
      const monitor = freshName("monitor");
      const run = freshName("run");
      const owners = await Promise.all(
        [0, 1, 2, 3].map((partition) => ownLane(partition % 2 === 0 ? store : another, { run, monitor, partition })),
      );
      let writing = owners.length;
      const wrote: string[] = [];
      const writers = owners.map(async (owner) => {
        for (let i = 0; i < 15; i++) {
          const signals = Array.from({ length: 1 + (i % 3) }, () => signalOf(monitor));
          await owner.commit({ signals });
          wrote.push(...signals.map((signal) => signal.id));
        }
        writing--;
      });
      const met: Signal[] = [];
      let after: string | undefined;
      for (;;) {
        const done = writing === 0;
        const page = await another.signals({ monitor, limit: 7, ...(after === undefined ? {} : { after }) });
        expect(page.cursors.length).toBe(page.items.length);
        met.push(...page.items);
        after = page.cursors.at(-1) ?? after;
        if (done && page.items.length === 0) break;
      }
      await Promise.all(writers);
      expect(met.map((signal) => signal.id).sort()).toEqual(wrote.sort());
    });

    test("signals are filtered, and paged in both directions", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const signals = Array.from({ length: 10 }, (_, i) =>
        signalOf(monitor, { index: i, key: i % 2 === 0 ? "even" : "odd", kind: i < 5 ? "drift" : "recovered" }),
      );
      for (let i = 0; i < 10; i += 2) await owner.commit({ signals: signals.slice(i, i + 2) });
      const index = (page: Page<Signal>) => page.items.map((signal) => signal.index);
      expect(index(await store.signals({ monitor, key: "even", limit: 10 }))).toEqual([0, 2, 4, 6, 8]);
      expect(index(await store.signals({ monitor, kind: "drift", key: "odd", limit: 10 }))).toEqual([1, 3]);
      const first = await store.signals({ monitor, limit: 6 });
      expect(index(first)).toEqual([0, 1, 2, 3, 4, 5]);
      const second = await store.signals({ monitor, limit: 6, after: first.next! });
      expect(index(second)).toEqual([6, 7, 8, 9]);
      expect(second.next).toBeNull();
      const newest = await store.signals({ monitor, limit: 3, newest: true });
      expect(index(newest)).toEqual([9, 8, 7]);
      expect(index(await store.signals({ monitor, limit: 3, newest: true, after: newest.next! }))).toEqual([6, 5, 4]);
      expect(index(await store.signals({ monitor, limit: 9, after: newest.cursors[1]! }))).toEqual([9]);
    });

    test("the last write of an episode wins, the newest episode is first", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const [a, b, c] = ["a", "b", "c"].map((key) => episodeOf(monitor, { key }));
      await owner.commit({ episodes: [a!] });
      await owner.commit({ episodes: [b!, c!] });
      const closed = {
        ...a!,
        state: "closed" as const,
        closed: { index: 9, time: null, reason: "recovered" as const },
        signals: 4,
      };
      await owner.commit({ episodes: [{ ...a!, signals: 3 }, closed] });
      expect((await store.episodes({ monitor, limit: 10 })).items.map((one) => one.key)).toEqual(["c", "b", "a"]);
      expect((await store.episodes({ monitor, state: "open", limit: 10 })).items).toEqual([c, b]);
      expect((await store.episodes({ monitor, key: "a", limit: 10 })).items).toEqual([closed]);
      const page = await store.episodes({ monitor, limit: 2 });
      expect((await store.episodes({ monitor, limit: 2, after: page.next! })).items).toEqual([closed]);
      expect(await store.episode(a!.id)).toEqual(closed);
      expect(await store.episode("nothing")).toBeNull();
    });

    test("a dead letter that was keyed anew stands where its record stood first, once", async () => {
      const { store } = get();
      const owner = await ownLane(store, { topic: "internal", partition: 3 });
      const { monitor } = owner.name;
      const letter = { time: null, key: null, value: null, reason: "schema" as const, detail: "" };
      const place = { topic: "so\0urce", partition: 7 };
      await owner.commit({
        deadLetters: [
          { ...letter, offset: 1, place },
          { ...letter, offset: 1 },
        ],
      });
      await owner.commit({ deadLetters: [{ ...letter, offset: 1, place }] });
      const { items } = await store.deadLetters({ monitor, limit: 9 });
      expect(items.map(({ topic, partition, offset }) => [topic.replace("\ufffd", "\0"), partition, offset])).toEqual([
        ["internal", 3, 1],
        ["so\0urce", 7, 1],
      ]);
    });

    test("dead letters keep the bytes, are counted by reason, and are there once", async () => {
      const { store } = get();
      const owner = await ownLane(store, { topic: "t\0pic", partition: 3 });
      const { monitor } = owner.name;
      const letters = [1, 2, 3].map((offset) => ({
        offset,
        time: offset === 2 ? null : 1.5e12 + offset,
        key: offset === 1 ? null : Uint8Array.of(0, 255, offset),
        value: offset === 1 ? null : Uint8Array.of(123, 0, 200, offset),
        reason: offset < 3 ? ("not-json" as const) : ("late" as const),
        detail: `at ${offset} \0\ud800`,
      }));
      await owner.commit({ deadLetters: letters });
      await owner.commit({ deadLetters: letters.slice(1) });
      const { items, next } = await store.deadLetters({ monitor, limit: 2 });
      const bytes = (value: Uint8Array | null) => (value === null ? null : [...value]);
      const plain = (letter: (typeof letters)[0]) => ({
        ...letter,
        key: bytes(letter.key),
        value: bytes(letter.value),
        monitor,
        topic: "t\0pic",
        partition: 3,
        run: owner.name.run,
        sequence: expect.any(Number),
        state: "kept",
      });
      const rest = (await store.deadLetters({ monitor, limit: 2, after: next! })).items;
      expect(
        [...items, ...rest].map((letter) => ({ ...letter, key: bytes(letter.key), value: bytes(letter.value) })),
      ).toEqual(letters.map(plain).reverse());
      expect(await store.deadLetterCounts(monitor)).toEqual({ "not-json": 2, late: 1 });
      expect((await store.deadLetterCounts())["not-json"]).toBeGreaterThanOrEqual(2);
    });

    test("dead letters that are asked for are fed again once, whoever else tries, or not at all", async () => {
      const { store, another } = get();
      const owner = await ownLane(store);
      const { run, monitor } = owner.name;
      const headers = [
        { name: "ce_type", value: Uint8Array.of(1, 0, 255) },
        { name: "empty", value: null },
      ];
      const letter = {
        time: 5,
        key: Uint8Array.of(1),
        value: Uint8Array.of(2),
        reason: "schema",
        detail: "then",
      } as const;
      await owner.commit({ deadLetters: [1, 2, 3].map((offset) => ({ ...letter, offset, headers })) });
      expect(await another.askReplay(freshName("run"), { monitor })).toBe(0);
      expect(await another.askReplay(run, { monitor, reason: "late" })).toBe(0);
      expect(await another.askReplay(run, { monitor, reason: "schema", partition: 0 })).toBe(3);
      expect(await store.lanesAsked(run)).toEqual([owner.name]);
      const asked = await store.pendingReplays(owner.name, 2);
      expect(asked.map((l) => [l.offset, l.state])).toEqual([
        [1, "asked"],
        [2, "asked"],
      ]);
      expect(asked[0]!.headers!.map(({ name, value }) => [name, value && [...value]])).toEqual([
        ["ce_type", [1, 0, 255]],
        ["empty", null],
      ]);
      const again = { reason: "too-deep", detail: "now" } as const;
      const sequences = asked.map(({ sequence }) => sequence);
      expect((await store.stillAsked([...sequences, 1e9])).toSorted()).toEqual(sequences.toSorted());
      const replayed = asked.map(({ sequence }, i) => ({ sequence, rejection: i === 0 ? null : again }));
      expect(await owner.commit({ replayed, states: [stateWrite("k", "once")] })).toEqual({ kind: "committed" });
      const result = await owner.commit({ replayed, states: [stateWrite("k", "twice")] });
      expect(result).toEqual({ kind: "fenced" });
      expect(Buffer.from((await store.key(run, monitor, "k"))!.blob).toString()).toBe("once");
      expect(await store.stillAsked(sequences)).toEqual([]);
      expect(await store.deadLetterStates({ monitor })).toEqual({ kept: 1, asked: 1, replayed: 1 });
      expect(await store.deadLetterCounts(monitor)).toEqual({ schema: 1, "too-deep": 1 });
      const kept = await store.deadLetters({ monitor, state: "kept", limit: 9 });
      expect(kept.items.map((l) => [l.offset, l.reason, l.detail])).toEqual([[2, "too-deep", "now"]]);
    });

    test("what is to be told on a topic is taken by one at a time until it was, and is not forgotten before", async () => {
      const { store, another } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const letter = { time: null, key: null, value: null, reason: "schema", detail: "" } as const;
      const letters = [1, 2, 3].map((offset) => ({ ...letter, offset, topicOut: "dlq" }));
      await owner.commit({ deadLetters: [...letters, { ...letter, offset: 4 }] });
      const take = async (from: typeof store, leaseMs: number) =>
        (await from.takeTopicOut(100, leaseMs)).filter((one) => one.letter.monitor === monitor);
      const taken = await take(store, 300);
      expect(taken.map((one) => [one.letter.offset, one.topicOut])).toEqual([1, 2, 3].map((n) => [n, "dlq"]));
      expect(await take(another, 300)).toEqual([]);
      await store.finishTopicOut([taken[0]!.letter.sequence]);
      await new Promise((resolve) => setTimeout(resolve, 400));
      const rest = await take(another, 60_000);
      expect(rest.map((one) => one.letter.offset)).toEqual([2, 3]);
      await another.prune({ signalDays: 3650, deadLetterDays: 0, idleKeyDays: 3650 });
      expect((await store.deadLetters({ monitor, limit: 9 })).items.map((l) => l.offset)).toEqual([3, 2]);
      await store.finishTopicOut(rest.map((one) => one.letter.sequence));
    });

    test("keys are listed in byte order, searched, filtered, paged and counted", async () => {
      const { store } = get();
      const owner = await ownLane(store, { partition: 5 });
      const { run, monitor } = owner.name;
      const keys = ["b%t", "a", "B", "ä", "\u{1f600}", "\uffee", "a_b", "c\u001bd", "e\0"];
      await owner.commit({
        states: keys.map((key, i) =>
          stateWrite(key, key, {
            events: 2 ** 40 + i,
            ratio: i / 3,
            time: i === 0 ? null : i + 0.5,
            status: i % 2 ? "drifting" : "learning",
          }),
        ),
      });
      const sorted = ["B", "a", "a_b", "b%t", "c\u001bd", "e\0", "ä", "\uffee", "\u{1f600}"];
      const listed = await store.keys({ run, monitor, limit: 100 });
      expect(listed.items.map((one) => one.key)).toEqual(sorted);
      expect(listed.items[3]).toEqual({
        key: "b%t",
        partition: 5,
        events: 2 ** 40,
        status: "learning",
        ratio: 0,
        time: null,
      });
      const paged: string[] = [];
      for (let after: string | null | undefined; after !== null; ) {
        const page = await store.keys({ run, monitor, limit: 2, ...(after === undefined ? {} : { after }) });
        paged.push(...page.items.map((one) => one.key));
        after = page.next;
      }
      expect(paged).toEqual(sorted);
      const found = async (search: string) =>
        (await store.keys({ run, monitor, search, limit: 9 })).items.map((one) => one.key);
      expect(await found("_")).toEqual(["a_b"]);
      expect(await found("%")).toEqual(["b%t"]);
      expect(await found("\0")).toEqual(["e\0"]);
      expect((await store.keys({ run, monitor, status: "drifting", limit: 9 })).items.length).toBe(4);
      expect(await store.keyCounts(run, monitor)).toEqual({ learning: 5, steady: 0, warning: 0, drifting: 4 });
      const one = await store.key(run, monitor, "\uffee");
      expect(one).toMatchObject({ key: "\uffee", events: 2 ** 40 + 5, time: 5.5, parts: [] });
      expect(Buffer.from(one!.blob).toString()).toBe("\uffee");
      expect(await store.key(run, monitor, "nothing")).toBeNull();
      expect(await store.key(run, "nobody", "a")).toBeNull();
      expect(await store.keyCounts(run, "nobody")).toEqual({ learning: 0, steady: 0, warning: 0, drifting: 0 });
    });

    test("a key is read whole while its owner replaces its parts", async () => {
      const { store, another } = get();
      const owner = await ownLane(store);
      const part = (n: number) => ({ hash: `${owner.name.monitor}-${n}`, bytes: Buffer.from(String(n)) });
      const write = (n: number) =>
        stateWrite("k", String(n), {
          parts: [part(n).hash],
          newParts: [part(n)],
          dropParts: n === 0 ? [] : [part(n - 1).hash],
        });
      await owner.commit({ states: [write(0)] });
      let done = false;
      const reader = (async () => {
        while (!done) {
          const key = (await another.key(owner.name.run, owner.name.monitor, "k"))!;
          expect(key.parts.map((one) => Buffer.from(one.bytes).toString())).toEqual([Buffer.from(key.blob).toString()]);
        }
      })();
      for (let n = 1; n <= 40; n++) await owner.commit({ states: [write(n)] });
      done = true;
      await reader;
    });

    test("series gives the newest points, oldest first", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { run, monitor } = owner.name;
      const points = Array.from({ length: 6 }, (_, i) => ({
        key: i === 2 ? "other" : "k",
        from: i * 10,
        to: i * 10 + 9,
        time: i === 0 ? null : 1000 + i,
        ratio: i === 5 ? Number.POSITIVE_INFINITY : i / 7,
      }));
      await owner.commit({ series: points.slice(0, 4) });
      await owner.commit({ series: points.slice(4) });
      expect(await store.series(run, monitor, "k", 3)).toEqual([points[3], points[4], points[5]]);
      expect(await store.series(run, monitor, "other", 100)).toEqual([points[2]]);
      expect(await store.series(run, monitor, "none", 100)).toEqual([]);
    });

    test("a span of the series is told whole, in even stretches with their highest ratio where it is long", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { run, monitor } = owner.name;
      const points = Array.from({ length: 40 }, (_, i) => ({
        key: "k",
        from: i * 10,
        to: i * 10 + 9,
        time: i % 5 === 4 ? null : 1000 + i,
        ratio: i === 17 ? 9 : i / 100,
      }));
      await owner.commit({ series: points });
      const all = { from: 0, to: 399 };
      expect(await store.seriesSpan(run, monitor, "k", all, 40)).toEqual(points);
      expect(await store.seriesSpan(run, monitor, "k", { from: 105, to: 120 }, 40)).toEqual(points.slice(10, 13));
      expect(await store.seriesSpan(run, monitor, "k", { from: 400, to: 500 }, 40)).toEqual([]);
      expect(await store.seriesSpan(run, monitor, "other", all, 40)).toEqual([]);
      const four = await store.seriesSpan(run, monitor, "k", all, 4);
      expect(four).toEqual([
        { key: "k", from: 0, to: 99, time: 1008, ratio: 0.09 },
        { key: "k", from: 100, to: 199, time: 1018, ratio: 9 },
        { key: "k", from: 200, to: 299, time: 1028, ratio: 0.29 },
        { key: "k", from: 300, to: 399, time: 1038, ratio: 0.39 },
      ]);
    });

    test("lanes tell where each partition is", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const second = await ownLane(store, { ...owner.name, partition: 2 });
      const before = Date.now();
      await owner.commit({ nextOffset: 12 });
      const lanes = await store.lanes(owner.name.run);
      expect(lanes).toEqual([
        { ...owner.name, epoch: 1, identity: null, nextOffset: 12, committedAt: expect.any(Number) },
        { ...second.name, epoch: 1, identity: null, nextOffset: null, committedAt: null },
      ]);
      expect(Math.abs(lanes[0]!.committedAt! - before)).toBeLessThan(60_000);
    });

    test("listeners hear of signals, episodes and commands of any member, and no more once they left", async () => {
      const { store, another } = get();
      const owner = await ownLane(another);
      let heard = 0;
      let ring = () => {};
      const listening = store.onChange(() => {
        heard++;
        ring();
      });
      const change = async (act: () => Promise<unknown>) => {
        const bell = new Promise<void>((resolve) => {
          ring = resolve;
        });
        await act();
        await bell;
      };
      // The first may come from the connection itself.
      await new Promise((resolve) => setTimeout(resolve, 150));
      await change(() => owner.commit({ signals: [signalOf(owner.name.monitor)] }));
      await change(() => owner.commit({ episodes: [episodeOf(owner.name.monitor)] }));
      const { run, monitor } = owner.name;
      await change(() => another.addCommand({ run, monitor, key: "k", kind: "adapt", episode: null, note: null }));
      listening();
      const before = heard;
      await owner.commit({ signals: [signalOf(monitor)] });
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(heard).toBe(before);
    });
  });
}
