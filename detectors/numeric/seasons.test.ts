import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig } from "../../cli/config/load.ts";
import type { Model, Outcome } from "../../engine/detector.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { GUIDE } from "./guide.ts";
import { numeric } from "./numeric.ts";

const START = 1_700_000_000_000;
const FIVE_MINUTES_MS = 300_000;
const DAY_EVENTS = 288;

function open(options: Record<string, unknown>, first: number, promise = 2000): Model {
  return numeric.open(
    { options: numeric.options.parse(options), reference: { first }, promise, seed: 1 },
    undefined as never,
  ) as Model;
}

function give(model: Model, state: unknown, value: number, time: number | null): Outcome {
  return (model.step([{ state, event: { value }, time }]) as readonly Outcome[])[0]!;
}

/** Normal enough noise on a daily wave of that amplitude, five minutes apart. */
function* days(n: number, amplitude: number, seed: string, shift: (i: number) => number = () => 0): Generator<number> {
  const random = createRandom(seed);
  for (let i = 0; i < n; i++) {
    let sum = amplitude * Math.sin((2 * Math.PI * i) / DAY_EVENTS) + shift(i) - 6;
    for (let j = 0; j < 12; j++) sum += uniform(random);
    yield sum;
  }
}

function run(
  model: Model,
  state: unknown,
  values: Iterable<number>,
): { kind: string; index: number; summary: string }[] {
  const said: { kind: string; index: number; summary: string }[] = [];
  let i = 0;
  for (const value of values) {
    for (const { kind, summary } of give(model, state, value, START + i * FIVE_MINUTES_MS).signals)
      said.push({ kind, index: i, summary });
    i++;
  }
  return said;
}

test("a declared season raises no alarm, and a shift beside it is seen in the values' own terms", () => {
  let alarms = 0;
  for (let seed = 0; seed < 8; seed++) {
    const model = open({ season: { period: "24h" } }, 1500, 20_000);
    const said = run(model, model.init("k"), days(6000, 1, `day ${seed}`));
    if (said.some((s) => s.kind === "drift")) alarms++;
  }
  // 36,000 events at one in 20,000; without the season every key alarms.
  expect(alarms).toBeLessThanOrEqual(4);
  const model = open({ season: [{ period: "24h" }] }, 1500, 100_000);
  const said = run(
    model,
    model.init("k"),
    days(4000, 2, "moved", (i) => (i < 3000 ? 0 : 2)),
  );
  const drift = said.find((s) => s.kind === "drift")!;
  expect(drift.index).toBeGreaterThanOrEqual(3000);
  expect(drift.index).toBeLessThan(3060);
  expect(drift.summary).toMatch(/values are higher/);
});

test("with a season, events without a time are rejected and change nothing", () => {
  const model = open({ season: { period: "24h" } }, 300);
  const state = model.init("k");
  const saved = () => (model.save([state]) as readonly { running: Uint8Array }[])[0]!.running;
  const before = saved();
  expect(give(model, state, 1, null).reject).toMatchObject({ reason: "missing-field" });
  expect(saved()).toEqual(before);
  expect(give(model, state, 1, START).reject).toBeUndefined();
});

test.each([
  [{ season: { period: "24h" } }, 1500, 1, "kept", /declared seasons tell is taken out/],
  [{ season: { period: "24h" } }, 400, 1, "reduced", /covers the declared season of 24h only 1\.4 times; 600 events/],
  [
    { season: { period: "7d" } },
    400,
    0,
    "none",
    /covers only 19\.8 % of the declared season of 7d: raise reference\.first/,
  ],
  [
    {},
    1500,
    1.5,
    "none",
    /a season of about 29\d events \(24h\) is not declared; declare it: options\.season \{ period: 24h \}/,
  ],
  [{ dependence: "none" }, 1500, 1.5, "none", /values hang on those before; choose options\.dependence: auto/],
  [{}, 1500, 0, "kept", /what the values before/],
])("%j, a reference of %d, amplitude %d: %s", (options, first, amplitude, kept, why) => {
  const model = open(options, first);
  const state = model.init("k");
  const [learnt] = run(model, state, days(first, amplitude, "told"));
  const { details } = model.inspect(state);
  const promise = details.promise as { kept: string; why: string };
  expect(promise.kept).toBe(kept);
  expect(promise.why).toMatch(why);
  expect(learnt).toMatchObject({ kind: "learnt", index: first - 1 });
  expect(learnt!.summary).toContain(`Promise on false alarms: ${kept}; `);
  expect(details.warnings === undefined).toBe(kept === "kept");
});

test("a snapshot at any point changes nothing, while learning and after, two seasons and an adapted alarm included", () => {
  const options = { season: [{ period: "24h" }, { period: "12h" }], adaptAfter: 700 };
  const values = [...days(3200, 1, "snap", (i) => (i < 1400 ? 0 : 3))];
  const play = (points: readonly number[]) => {
    const model = open(options, 600, 1000);
    let state: unknown = model.init("k");
    const said: unknown[] = [];
    values.forEach((value, i) => {
      if (points.includes(i)) [state] = model.load(model.save([state]) as never) as readonly unknown[];
      said.push(...give(model, state, value, START + i * FIVE_MINUTES_MS).signals);
    });
    return { said, end: Buffer.from((model.save([state]) as readonly { running: Uint8Array }[])[0]!.running) };
  };
  const plain = play([]);
  expect(plain.said.map((s) => (s as { kind: string }).kind)).toContain("adapted");
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: values.length - 1 }), { maxLength: 12 }), (points) => {
      expect(play(points)).toEqual(plain);
    }),
    { numRuns: 4, seed: 6 },
  );
});

test("a season needs a dependence that takes it out, and a period that is a duration", () => {
  const parse = (options: Record<string, unknown>) => numeric.options.safeParse(options);
  const settings = { reference: null, promise: null, seed: 1 };
  const none = parse({ dependence: "none", season: { period: "24h" } });
  expect(numeric.check!({ ...settings, options: none.data! })).toMatch(/season needs dependence: auto or regimes/);
  expect(parse({ season: { period: "1 day" } }).success).toBe(false);
  expect(parse({ season: { period: "0h" } }).success).toBe(false);
  expect(parse({ season: [] }).success).toBe(false);
  expect(parse({ season: { period: "24h", waves: 3 } }).success).toBe(false);
  expect(parse({ season: { period: "90m" } }).success).toBe(true);
});

test("the guide's config is valid", () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(GUIDE)![1]!;
  const result = parseConfig(yaml, "guide.yaml", [numeric as never], {});
  expect(result).not.toHaveProperty("mistakes");
});

test("a snapshot of version 1 is refused by name", () => {
  const model = open({}, 300);
  expect(() => model.load([{ version: 1, running: new Uint8Array(64), parts: [] }])).toThrow(/numeric/);
});
