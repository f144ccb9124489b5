import fc from "fast-check";
import { expect, test } from "vitest";
import type { Detector, Model } from "../../engine/detector.ts";
import { type Lessons, teachAll, teachEach } from "../../engine/teacher.ts";
import { openExample, runModel } from "./run-model.ts";

/** The laws that every detector keeps, over the stream of its own example. */
export function detectorLaws(detector: Detector): void {
  const events = [...detector.example.events()];
  const plain = runModel(detector, events);

  test("says what its example promises", async () => {
    const opens = new Set(detector.signals.filter((s) => s.episode === "opens").map((s) => s.kind));
    const alarms = (await plain).said.map((line) => {
      const [index, , ...rest] = line.split(" ");
      return { kind: (JSON.parse(rest.join(" ")) as { kind: string }).kind, index: Number(index) };
    });
    expect(detector.example.alarms.length).toBeGreaterThan(0);
    expect(alarms.filter((a) => opens.has(a.kind))).toEqual(detector.example.alarms);
  });

  test("any split of the stream into batches is the same as one by one", async () => {
    const one = await plain;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const split = await runModel(detector, events, { batch: (done) => sizes[done % sizes.length]! });
        expect(split.said).toEqual(one.said);
        expect(split.snapshots).toEqual(one.snapshots);
        expect(split.ratios).toEqual(one.ratios);
      }),
      { numRuns: 4, seed: 1 },
    );
  }, 120_000);

  test("a snapshot taken and loaded at any point changes nothing", async () => {
    const one = await plain;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: events.length - 1 }), { minLength: 1, maxLength: 6 }),
        async (points) => {
          const reloaded = await runModel(detector, events, { reloadAt: (done) => points.includes(done) });
          expect(reloaded.said).toEqual(one.said);
          expect(reloaded.snapshots).toEqual(one.snapshots);
        },
      ),
      { numRuns: 4, seed: 2 },
    );
  }, 120_000);

  test("the event is neither changed nor kept by reference", async () => {
    const one = await plain;
    const copies = structuredClone(events);
    const frozen = copies.map((e) => Object.freeze(e));
    await expect(runModel(detector, frozen)).resolves.toEqual(one);
    const scribbled = await runModel(detector, structuredClone(events), { after: scribble });
    expect(scribbled.said).toEqual(one.said);
    expect(scribbled.snapshots).toEqual(one.snapshots);
  }, 120_000);

  test("keys do not influence each other", async () => {
    const doubled = events.flatMap((e) => [e, e]);
    const both = await runModel(detector, doubled, {
      key: (i) => (i % 2 === 0 ? "k" : "other"),
      second: (i) => Math.floor(i / 2),
      batch: () => 64,
    });
    const ofK = both.said
      .filter((line) => line.split(" ")[1] === "k")
      .map((line) => line.replace(/^(\d+)/, (n) => String(Number(n) / 2)));
    expect(ofK).toEqual((await plain).said);
    expect(both.snapshots.k).toEqual((await plain).snapshots.k);
  }, 120_000);

  test("a constant stream raises no alarm", async () => {
    const opens = detector.signals.filter((s) => s.episode === "opens").map((s) => s.kind);
    const constant = Array.from({ length: Math.max(6000, events.length) }, () => events[0]);
    const ran = await runModel(detector, constant, { batch: () => 256 });
    expect(ran.said.filter((line) => opens.some((kind) => line.includes(`"kind":"${kind}"`)))).toEqual([]);
  }, 120_000);

  test("gauges are declared and finite at every moment, statuses known", async () => {
    const declared = new Set(detector.gauges.map((g) => g.name));
    const statuses = new Set<string>();
    await runModel(detector, events, {
      inspect(i) {
        statuses.add(i.status);
        for (const [name, value] of Object.entries(i.gauges)) {
          if (!declared.has(name) || !Number.isFinite(value)) throw new RangeError(`${name} = ${value}`);
        }
        if (i.statistic !== null && !Number.isFinite(i.statistic)) throw new RangeError(`statistic = ${i.statistic}`);
      },
    });
    for (const s of statuses) expect(["learning", "steady", "warning", "drifting"]).toContain(s);
  }, 120_000);

  test("the state's size does not grow with the stream", async () => {
    const long = Array.from({ length: 12 }, () => events).flat();
    const half = await runModel(detector, long.slice(0, long.length / 2), { batch: () => 512 });
    const whole = await runModel(detector, long, { batch: () => 512 });
    expect(whole.bytes).toBeLessThanOrEqual(half.bytes * 1.25 + 4096);
  }, 240_000);

  test("every kind it says is declared", async () => {
    const kinds = new Set(detector.signals.map((s) => s.kind));
    for (const line of (await plain).said)
      expect(kinds).toContain((JSON.parse(line.split(" ").slice(2).join(" ")) as { kind: string }).kind);
  });
}

/** For detectors whose example is told how many events teach it. */
export function teachingLaws(detector: Detector, first: number): void {
  const events = [...detector.example.events()].map((event, i) => ({ event, time: 1_700_000_000_000 + i * 1000 }));
  const decoded = events.map(({ event, time }, i) => ({ key: "k", event, time, id: null, where: `line ${i + 1}` }));
  const open = (first?: number) => openExample(detector, first);
  const listen = async (model: Model, state: unknown, heard: typeof events, from: number): Promise<unknown[]> => {
    const said: unknown[] = [];
    for (const [i, item] of heard.entries()) {
      const prepared = (await model.prepare?.([{ ...item, state }]))?.[0];
      const [outcome] = await model.step([{ ...item, state, prepared }]);
      for (const { kind, onset, ratio } of outcome!.signals.map((s) => ({ ...s, ratio: outcome!.ratio }))) {
        const low = onset && { index: onset.index - from, low: onset.low - from, high: onset.high - from };
        said.push([i, kind, low, detector.falseAlarms === null ? null : ratio]);
      }
    }
    return said;
  };
  const lessons = (keys: readonly string[]): Lessons => ({
    count: (key) => (keys.includes(key) ? first : 0),
    read: async () => decoded.slice(0, first),
  });

  test("taught by lessons, a key says of its stream what it says after learning from it, counted from 0", async () => {
    const one = await open();
    const own = one.init("k");
    await listen(one, own, events.slice(0, first), 0);
    // Then as a taught key begins: the same numbers are drawn.
    one.begin?.(own, "k");
    const expected = await listen(one, own, events.slice(first), first);
    expect(expected.length).toBeGreaterThan(0);
    const other = await open();
    const taught = await teachEach(other, open, lessons(["k"])).begin("k", "k");
    expect(await listen(other, taught, events.slice(first), 0)).toEqual(expected);
  }, 120_000);

  test("a key without lessons learns from its stream", async () => {
    const one = await open();
    const other = await open();
    const untaught = await teachEach(other, open, lessons(["somebody"])).begin("k", "k");
    expect(await listen(other, untaught, events, 0)).toEqual(await listen(one, one.init("k"), events, 0));
  }, 120_000);

  test("keys taught together share what is fixed, are no copies of each other, and learn the same each time", async () => {
    const begin = async (key: string) => {
      const model = await open();
      const teacher = teachAll(model, open, async () => decoded.slice(0, first));
      const state = await teacher.begin(key, key);
      const before = (await model.save([state]))[0]!;
      return { said: await listen(model, state, events.slice(first), 0), before };
    };
    const [a, again, b] = [await begin("a"), await begin("a"), await begin("b")];
    expect(again).toEqual(a);
    expect(a.said.length).toBeGreaterThan(0);
    expect(b.before.parts.map((p) => p.hash)).toEqual(a.before.parts.map((p) => p.hash));
    expect(b.before.running).not.toEqual(a.before.running);
  }, 120_000);

  test("a lesson that the detector refuses is named", async () => {
    if (!("embedding" in detector.event.shape)) return;
    const model = await open();
    const bad = decoded.slice(0, first).map((one, i) => (i === 7 ? { ...one, event: {} } : one));
    await expect(teachAll(model, open, async () => bad).learn()).rejects.toMatchObject({
      code: "REFERENCE_UNUSABLE",
      message: expect.stringContaining("line 8"),
    });
  });
}

function scribble(event: unknown): void {
  const e = event as Record<string, unknown>;
  for (const name of Object.keys(e)) {
    const value = e[name];
    if (Array.isArray(value)) value.fill(0.5);
    e[name] = typeof value === "string" ? "scribbled" : 0;
  }
}
