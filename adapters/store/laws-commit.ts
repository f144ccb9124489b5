import { describe, expect, test } from "vitest";
import { makePart } from "../../engine/part.ts";
import {
  episodeOf,
  freshName,
  laneName,
  notificationOf,
  ownLane,
  type StoreUnderTest,
  signalOf,
  stateWrite,
  textOf,
} from "./law-samples.ts";

export function commitLaws(get: () => StoreUnderTest): void {
  describe("claim and commit", () => {
    test("a first claim finds nothing, a later one finds what was committed and raises the epoch", async () => {
      const { store, another } = get();
      const name = laneName();
      const first = await store.claim(name, "topic-id-1");
      expect(first).toMatchObject({ epoch: 1, nextOffset: null, cursor: null, identity: "topic-id-1" });
      const owner = await ownLane(store, name);
      await owner.commit({ nextOffset: 2 ** 52, cursor: { line: 7, file: "a" } });
      const later = await another.claim(name, "topic-id-2");
      expect(later).toEqual({
        lane: first.lane,
        epoch: 3,
        nextOffset: 2 ** 52,
        cursor: { line: 7, file: "a" },
        identity: "topic-id-1",
      });
    });

    test("who was claimed over is fenced and writes nothing", async () => {
      const { store, another } = get();
      const old = await ownLane(store);
      await old.commit({ nextOffset: 10, states: [stateWrite("k", "ten")] });
      const now = await ownLane(another, old.name);
      const written = await old.commit({
        nextOffset: 20,
        states: [stateWrite("k", "twenty")],
        signals: [signalOf(old.name.monitor)],
      });
      expect(written).toEqual({ kind: "fenced" });
      expect(now.at).toBe(10);
      expect(await textOf(another, now, "k")).toBe("ten");
      expect((await store.signals({ monitor: old.name.monitor, limit: 10 })).items).toEqual([]);
      expect(await now.commit({ nextOffset: 11 })).toEqual({ kind: "committed" });
    });

    test("a commit from another position than the stored one is fenced", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      expect(await owner.commit({ fromOffset: 3, nextOffset: 5 })).toEqual({ kind: "fenced" });
      expect(await owner.commit({ fromOffset: null, nextOffset: 5 })).toEqual({ kind: "committed" });
      expect(await owner.commit({ fromOffset: null, nextOffset: 6 })).toEqual({ kind: "fenced" });
      expect(await owner.commit({ fromOffset: 5, nextOffset: 5 })).toEqual({ kind: "committed" });
    });

    test("a key of another lane of the monitor is refused and the whole commit with it", async () => {
      const { store } = get();
      const one = await ownLane(store);
      const two = await ownLane(store, { ...one.name, partition: 1 });
      await one.commit({ states: [stateWrite("mine", "one")] });
      const monitor = one.name.monitor;
      const refused = await two.commit({
        states: [stateWrite("free", "two"), stateWrite("mine", "two")],
        signals: [signalOf(monitor)],
        episodes: [episodeOf(monitor)],
        deadLetters: [{ offset: 1, time: null, key: null, value: null, reason: "schema", detail: "" }],
      });
      expect(refused).toEqual({ kind: "foreign-key", key: "mine" });
      expect(await textOf(store, one, "mine")).toBe("one");
      expect(await textOf(store, two, "free")).toBeUndefined();
      expect(await textOf(store, two, "mine")).toBeUndefined();
      expect((await store.signals({ monitor, limit: 9 })).items).toEqual([]);
      expect((await store.episodes({ monitor, limit: 9 })).items).toEqual([]);
      expect((await store.deadLetters({ monitor, limit: 9 })).items).toEqual([]);
      expect(await two.commit({ states: [stateWrite("free", "two")] })).toEqual({ kind: "committed" });
      const elsewhere = await ownLane(store);
      expect(await elsewhere.commit({ states: [stateWrite("mine", "three")] })).toEqual({ kind: "committed" });
    });

    test("states are loaded as they were written last, many at once", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const keys = Array.from({ length: 500 }, (_, i) => `key-${i}`);
      await owner.commit({ states: keys.slice(0, 300).map((key) => stateWrite(key, `${key} first`)) });
      await owner.commit({ states: keys.slice(200).map((key) => stateWrite(key, `${key} second, longer`)) });
      const loaded = await store.loadStates(owner.claim.lane, [...keys, "never seen"]);
      expect(loaded.length).toBe(500);
      for (const { key, blob } of loaded) {
        const expected = Number(key.slice(4)) < 200 ? `${key} first` : `${key} second, longer`;
        expect(Buffer.from(blob).toString()).toBe(expected);
      }
      expect(await store.loadStates(owner.claim.lane, [])).toEqual([]);
    });

    test("writing into what was loaded or written does not reach the store", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const mine = stateWrite("k", "abc");
      await owner.commit({ states: [mine] });
      mine.blob.fill(0);
      const [loaded] = await store.loadStates(owner.claim.lane, ["k"]);
      loaded!.blob.fill(0);
      expect(await textOf(store, owner, "k")).toBe("abc");
    });

    test("parts are written once, come back in order, are shared by keys, and go when the last key drops them", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const part = (text: string) => makePart(Buffer.from(`${owner.name.monitor} ${text}`));
      const [a, b, c] = [part("a"), part("b"), part("c")];
      const hashes = async (key: string) => {
        const [state] = await store.loadStates(owner.claim.lane, [key]);
        return state!.parts.map((one) => `${one.hash} ${Buffer.from(one.bytes).toString()}`);
      };
      const said = (...parts: (typeof a)[]) => parts.map((one) => `${one.hash} ${Buffer.from(one.bytes).toString()}`);
      await owner.commit({
        states: [
          stateWrite("x", "1", { parts: [b.hash, a.hash], newParts: [b, a] }),
          stateWrite("y", "1", { parts: [a.hash], newParts: [a] }),
        ],
      });
      expect(await hashes("x")).toEqual(said(b, a));
      await owner.commit({ states: [stateWrite("x", "2", { parts: [b.hash, a.hash] })] });
      expect(await hashes("x")).toEqual(said(b, a));
      await owner.commit({
        states: [stateWrite("x", "3", { parts: [b.hash, c.hash], newParts: [c], dropParts: [a.hash] })],
      });
      expect(await hashes("x")).toEqual(said(b, c));
      expect(await hashes("y")).toEqual(said(a));
      await owner.commit({ states: [stateWrite("y", "2", { parts: [], dropParts: [a.hash] })] });
      expect(await hashes("y")).toEqual([]);
      // Not there any more: a new state that counts on it is not what the store knows.
      expect(await owner.commit({ states: [stateWrite("z", "1", { parts: [a.hash] })] })).toEqual({ kind: "fenced" });
      expect(await owner.commit({ states: [stateWrite("z", "1", { parts: [b.hash] })] })).toEqual({
        kind: "committed",
      });
      expect(await hashes("z")).toEqual(said(b));
    });

    test("a signal written twice is there once, in the place of the first", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const [a, b] = [signalOf(owner.name.monitor), signalOf(owner.name.monitor)];
      await owner.commit({ signals: [a] });
      await owner.commit({ signals: [b, a, b] });
      const { items } = await store.signals({ monitor: owner.name.monitor, limit: 10 });
      expect(items).toEqual([a, b]);
    });

    test("whatever breaks the connections, position, states and signals agree", async () => {
      const { store, another, disturb } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const channel = freshName("channel");
      let stop = false;
      const trouble = (async () => {
        while (!stop && disturb !== undefined) {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
          await disturb();
        }
      })();
      const until = Date.now() + 1_500;
      for (let n = 1; n <= 120 && (n <= 3 || Date.now() < until); n++) {
        const what = {
          nextOffset: n,
          states: [stateWrite("k", String(n)), stateWrite(`k${n}`, String(n))],
          signals: [signalOf(monitor, { id: `${monitor}-${n}`, index: n })],
          notifications: [notificationOf(channel, { id: `${monitor}-${n}` })],
        };
        for (;;) {
          try {
            expect(await owner.commit(what)).toEqual({ kind: "committed" });
            break;
          } catch (error) {
            expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
          }
        }
      }
      stop = true;
      await trouble;
      const last = owner.at!;
      const { items } = await another.signals({ monitor, limit: 1000 });
      expect(items.map((signal) => signal.index)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      expect(await textOf(another, owner, "k")).toBe(String(last));
      expect((await another.keyCounts(owner.name.run, monitor)).steady).toBe(last + 1);
      expect((await another.takeDue(channel, 1000, 1)).length).toBe(last);
      expect((await another.lanes(owner.name.run))[0]).toMatchObject({ nextOffset: last, epoch: 1 });
    });
  });

  describe("monitors", () => {
    test("what the states were learnt with is remembered, and only a difference is told", async () => {
      const { store, another } = get();
      const [run, monitor] = [freshName("run"), freshName("monitor")];
      const record = { monitor, detector: "numeric", learntWith: { dimension: 3, options: { a: 1, b: "\0" } } };
      expect(await store.registerMonitor(run, record)).toEqual({ stored: null });
      const same = { ...record, learntWith: { options: { b: "\0", a: 1 }, dimension: 3, more: undefined } };
      expect(await another.registerMonitor(run, same)).toEqual({ stored: null });
      const other = { ...record, learntWith: { dimension: 4, options: {} } };
      expect(await another.registerMonitor(run, other)).toEqual({ stored: record });
      expect(await store.registerMonitor(run, record)).toEqual({ stored: null });
      expect(await store.registerMonitor(freshName("run"), other)).toEqual({ stored: null });
    });
  });
}
