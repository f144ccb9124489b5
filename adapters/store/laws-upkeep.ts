import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forgottenEnding } from "../../engine/forget.ts";
import { makePart } from "../../engine/part.ts";
import {
  episodeOf,
  freshName,
  notificationOf,
  type Owner,
  ownLane,
  type StoreUnderTest,
  signalOf,
  stateWrite,
  textOf,
} from "./law-samples.ts";

const NEVER = { signalDays: 3650, deadLetterDays: 3650, idleKeyDays: 3650 };

export function upkeepLaws(get: () => StoreUnderTest): void {
  describe("upkeep", () => {
    test("erase forgets a key everywhere and leaves the others", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      await fill(owner, "gone\0");
      await fill(owner, "stays");
      const { run, monitor } = owner.name;
      expect(await store.erase(monitor, "gone\0")).toBeGreaterThanOrEqual(6);
      expect(await store.erase(monitor, "gone\0")).toBe(0);
      expect((await store.signals({ monitor, limit: 9 })).items.map((one) => one.key)).toEqual(["stays"]);
      expect((await store.episodes({ monitor, limit: 9 })).items.map((one) => one.key)).toEqual(["stays"]);
      expect((await store.deadLetters({ monitor, limit: 9 })).items.length).toBe(1);
      expect((await store.takeDue(monitor, 9, 1)).map((one) => one.body)).toEqual(["stays"]);
      expect(await store.series(run, monitor, "gone\0", 9)).toEqual([]);
      expect((await store.series(run, monitor, "stays", 9)).length).toBe(1);
      expect(await textOf(store, owner, "gone\0")).toBeUndefined();
      expect((await store.key(run, monitor, "stays"))!.parts.length).toBe(1);
      // Its owner still holds it and believes the parts stored: it may not write back what was erased.
      const part = makePart(Buffer.from(`${monitor} gone\0`));
      expect(await owner.commit({ states: [stateWrite("gone\0", "again", { parts: [part.hash] })] })).toEqual({
        kind: "fenced",
      });
    });

    test("reset forgets states and positions, fences their owner, and keeps signals", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const bystander = await ownLane(store, { run: owner.name.run });
      const { run, monitor } = owner.name;
      await store.registerMonitor(run, { monitor, detector: "numeric", learntWith: { a: 1 } });
      await fill(owner, "k");
      await fill(bystander, "k");
      await store.addCommand({ run, monitor, key: "k", kind: "adapt", episode: null, note: null });
      await store.reset(run, monitor);
      await store.reset(run, "nobody");
      expect(await owner.commit({})).toEqual({ kind: "fenced" });
      expect((await store.signals({ monitor, limit: 9 })).items.length).toBe(1);
      expect((await store.keys({ run, monitor, limit: 9 })).items).toEqual([]);
      expect(await store.pendingCommands(run)).toEqual([]);
      expect(await store.registerMonitor(run, { monitor, detector: "numeric", learntWith: { a: 2 } })).toEqual({
        stored: null,
      });
      const anew = await ownLane(store, owner.name);
      expect(anew.at).toBeNull();
      expect(await textOf(store, anew, "k")).toBeUndefined();
      expect(await anew.commit({ states: [stateWrite("k", "new")] })).toEqual({ kind: "committed" });
      expect(await bystander.commit({})).toEqual({ kind: "committed" });
      expect(await textOf(store, bystander, "k")).toBe("k");
    });

    test("an episode whose state is reset or ages out does not stay open for ever", async () => {
      const { store } = get();
      const [reset, aged, bystander] = [await ownLane(store), await ownLane(store), await ownLane(store)];
      const open = async ({ name, commit }: Owner) => {
        const summary = "NUL \0, half \ud800";
        const episodes = [
          episodeOf(name.monitor, { key: "k\0", summary }),
          episodeOf(name.monitor, { key: "k\0", state: "acknowledged" }),
        ];
        await commit({ states: [stateWrite("k\0", "x")], episodes });
        return episodes.map((one) => one.id);
      };
      const ids = [await open(reset), await open(aged), await open(bystander)];
      const stateOf = (at: number) =>
        Promise.all(ids[at]!.map(async (id) => (await store.episode(id))!.closed?.reason));
      await store.reset(reset.name.run, reset.name.monitor);
      expect(await stateOf(0)).toEqual(["forgotten", "forgotten"]);
      expect(await store.episode(ids[0]![0]!)).toMatchObject({ state: "closed", summary: "NUL \0, half \ud800" });
      expect(await stateOf(1)).toEqual([undefined, undefined]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await bystander.commit({ states: [stateWrite("k\0", "y")] });
      expect(await stateOf(2)).toEqual([undefined, undefined]);
      await store.prune({ ...NEVER, idleKeyDays: 0 });
      expect(await stateOf(1)).toEqual(["forgotten", "forgotten"]);
      expect((await store.episodes({ monitor: aged.name.monitor, state: "open", limit: 9 })).items).toEqual([]);
    });

    test("who heard of an episode is told once that its key was forgotten", async () => {
      const { store } = get();
      const [reset, aged] = [await ownLane(store), await ownLane(store)];
      const channel = freshName("hook");
      const ending = forgottenEnding((monitor) => (monitor === "?" ? [] : [{ channel }]));
      const ids: string[] = [];
      for (const { name, commit } of [reset, aged]) {
        const open = episodeOf(name.monitor, { key: "k" });
        const over = episodeOf(name.monitor, { key: "k", state: "closed" });
        await commit({ states: [stateWrite("k", "x")], episodes: [open, over] });
        ids.push(open.id);
      }
      const told = async () =>
        (await store.notifications({ limit: 1000 })).items
          .filter((one) => one.channel === channel)
          .map((n) => n.episode);
      await store.reset(reset.name.run, reset.name.monitor, ending);
      expect(await told()).toEqual([ids[0]]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (let i = 0; i < 2; i++) await store.prune({ ...NEVER, idleKeyDays: 0 }, ending);
      const rows = (await store.notifications({ limit: 1000 })).items.filter((one) => one.channel === channel);
      expect(rows.map((one) => one.episode).sort()).toEqual([...ids].sort());
      for (const row of rows) {
        expect(row).toMatchObject({ phase: "resolved", about: { key: "k" } });
        expect(JSON.parse(row.body)).toMatchObject({ kind: "forgotten", key: "k", severity: "info" });
      }
    });

    test("prune blanks example texts older than their days, and nothing else of the signal", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const cluster = {
        id: "drift-1",
        name: "strike",
        terms: ["strike"],
        share: 0.2,
        examples: ["a text"],
        medoid: "m",
      };
      const gone = { name: "parcel", terms: ["parcel"], medoid: "where is it" };
      const explanation = { kind: "drift", clusters: [cluster], vanished: [gone], onset: { index: 1 } };
      const told = signalOf(monitor, { explanation });
      const other = signalOf(monitor, { explanation: { clusters: "odd" } });
      const closed = episodeOf(monitor, { state: "closed", explanation });
      await owner.commit({ signals: [told, other], episodes: [closed] });
      await new Promise((resolve) => setTimeout(resolve, 5));
      await store.prune({ ...NEVER, textDays: 1 });
      expect((await store.signals({ monitor, limit: 9 })).items).toEqual([told, other]);
      await store.prune({ ...NEVER, textDays: 1e-9 });
      const blank = {
        ...explanation,
        clusters: [{ ...cluster, examples: [], medoid: "" }],
        vanished: [{ ...gone, medoid: "" }],
      };
      expect((await store.signals({ monitor, limit: 9 })).items).toEqual([{ ...told, explanation: blank }, other]);
      expect((await store.episode(closed.id))!.explanation).toEqual(blank);
    });

    test("prune deletes what is older than its days, each kind by its own", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { run, monitor } = owner.name;
      await fill(owner, "k");
      await owner.commit({ episodes: [episodeOf(monitor, { key: "k", state: "closed" })] });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const count = async () => [
        (await store.signals({ monitor, limit: 9 })).items.length,
        (await store.series(run, monitor, "k", 9)).length,
        (await store.episodes({ monitor, limit: 9 })).items.length,
        (await store.deadLetters({ monitor, limit: 9 })).items.length,
        (await store.keys({ run, monitor, limit: 9 })).items.length,
      ];
      expect(await store.prune(NEVER)).toBe(0);
      expect(await count()).toEqual([1, 1, 2, 1, 1]);
      expect(await store.prune({ ...NEVER, deadLetterDays: 0 })).toBeGreaterThanOrEqual(1);
      expect(await count()).toEqual([1, 1, 2, 0, 1]);
      expect(await store.prune({ ...NEVER, signalDays: 0 })).toBeGreaterThanOrEqual(3);
      // An episode that is still open stays, and so does what waits to be sent.
      expect(await count()).toEqual([0, 0, 1, 0, 1]);
      expect((await store.takeDue(monitor, 9, 1)).length).toBe(1);
      expect(await store.prune({ ...NEVER, idleKeyDays: 0 })).toBeGreaterThanOrEqual(1);
      expect(await count()).toEqual([0, 0, 1, 0, 0]);
      expect((await store.episodes({ monitor, limit: 9 })).items[0]!.state).toBe("closed");
      const part = makePart(Buffer.from(`${monitor} k`));
      expect(await owner.commit({ states: [stateWrite("new", "n", { parts: [part.hash] })] })).toEqual({
        kind: "fenced",
      });
      expect(await owner.commit({ states: [stateWrite("k", "back")] })).toEqual({ kind: "committed" });
      expect(await textOf(store, owner, "k")).toBe("back");
    });
  });

  describe("strings", () => {
    test("whatever characters a string holds, it comes back as it was, and keys stay apart", async () => {
      const { store } = get();
      const odd = fc.string({
        unit: fc.constantFrom(
          "\0",
          "\ud800",
          "\udc00",
          "\u001b",
          "\ufffd",
          "'",
          '"',
          "\\",
          "{",
          ",",
          "é",
          "\u{1f600}",
          "a",
          "0",
        ),
      });
      const owner = await ownLane(store, {
        topic: `t\0${freshName("\udfff")}`,
        run: `r\ud800${freshName("run")}`,
        monitor: `m\u001b${freshName("m")}`,
      });
      const { run, monitor } = owner.name;
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(odd, { minLength: 1, maxLength: 6 }), async (texts) => {
          const signals = texts.map((key) =>
            signalOf(monitor, { key, summary: key, kind: `k${key}`, explanation: { [key]: key } }),
          );
          const episodes = texts.map((key) => episodeOf(monitor, { key, summary: key }));
          const notifications = texts.map((body) => notificationOf(`c${body}`, { body, episode: body }));
          await owner.commit({
            cursor: { x: texts },
            states: texts.map((key) => stateWrite(key, JSON.stringify(key))),
            signals,
            episodes,
            notifications,
          });
          const loaded = await store.loadStates(owner.claim.lane, texts);
          expect(new Set(loaded.map((one) => one.key))).toEqual(new Set(texts));
          for (const one of loaded) expect(JSON.parse(Buffer.from(one.blob).toString())).toBe(one.key);
          for (const [i, key] of texts.entries()) {
            const mine = await store.signals({ monitor, key, limit: 1, newest: true });
            expect(mine.items).toEqual([signals[i]]);
            expect(await store.episode(episodes[i]!.id)).toEqual(episodes[i]);
            expect(await store.notification(notifications[i]!.id)).toMatchObject(notifications[i]!);
          }
          expect((await store.claim({ ...owner.name, partition: 9 }, texts[0]!)).nextOffset).toBeNull();
        }),
        { numRuns: 15 },
      );
      expect((await store.lanes(run))[0]).toMatchObject({ topic: owner.name.topic, monitor });
    });

    test("texts of four megabytes are kept", async () => {
      const { store } = get();
      const owner = await ownLane(store);
      const { monitor } = owner.name;
      const text = `${"wörd ".repeat(700_000)}\0\ud800`;
      const signal = signalOf(monitor, { summary: text, explanation: { text } });
      await owner.commit({
        signals: [signal],
        states: [stateWrite("k", text.slice(0, -1))],
        deadLetters: [
          {
            offset: 1,
            time: null,
            key: null,
            value: Buffer.from(text).subarray(0, 1 << 20),
            reason: "too-large",
            detail: text,
          },
        ],
        notifications: [notificationOf(monitor, { body: text })],
      });
      expect((await store.signals({ monitor, limit: 1 })).items[0]!.explanation.text === text).toBe(true);
      expect(`${await textOf(store, owner, "k")}\ud800` === text).toBe(true);
      expect((await store.deadLetters({ monitor, limit: 1 })).items[0]!.detail === text).toBe(true);
      expect((await store.takeDue(monitor, 1, 1))[0]!.body === text).toBe(true);
    });
  });
}

/** One of everything for a key. */
async function fill(owner: Owner, key: string): Promise<void> {
  const { monitor } = owner.name;
  const part = makePart(Buffer.from(`${monitor} ${key}`));
  const signal = signalOf(monitor, { key });
  const result = await owner.commit({
    states: [stateWrite(key, key, { parts: [part.hash], newParts: [part] })],
    signals: [signal],
    episodes: [episodeOf(monitor, { key })],
    notifications: [notificationOf(monitor, { signal: signal.id, body: key })],
    deadLetters: [
      { offset: (owner.at ?? 0) + 1, time: null, key: Buffer.from(key), value: null, reason: "schema", detail: "" },
    ],
    series: [{ key, from: 0, to: 1, time: null, ratio: 1 }],
  });
  expect(result).toEqual({ kind: "committed" });
}
