import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { backtest } from "../../cli/commands/backtest.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { hash32 } from "../../detectors/statistics/random.ts";

/** What turn-detectors.py makes of the same streams, which it generates anew by the same generator. */
interface Golden {
  readonly events: number;
  readonly last: object;
  readonly signals: readonly Said[];
  readonly gauges: Readonly<Record<string, number>>;
  readonly falls?: Readonly<Record<string, readonly [conversations: number, fall: number]>>;
  readonly similarities?: readonly number[];
}

interface Said {
  readonly kind: string;
  readonly index: number;
  readonly statistic?: number | null;
  readonly onset?: readonly number[];
}

const program = join(import.meta.dirname, "turn-detectors.py");
const file = join(import.meta.dirname, "turn-detectors.json");
const golden = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Golden>>;
const folder = mkdtempSync(join(tmpdir(), "tidegauge-turn-detectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Uniform {
  (): number;
  noise(): number;
}

function lcg(seed: number): Uniform {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const noise = () => {
    let sum = 0;
    for (let i = 0; i < 6; i++) sum += next();
    return sum - 3;
  };
  return Object.assign(next, { noise });
}

const rounded = (x: number): number => Math.floor(x * 1e4 + 0.5) / 1e4;

function* lookback() {
  const random = lcg(11);
  for (let i = 0; i < 1700; i++) {
    const context = rounded(60 + 8 * random.noise() - (i >= 600 && i < 680 ? 14 : 0));
    yield { context, own: rounded(100 - context) };
  }
}

function* dissatisfied() {
  const random = lcg(12);
  for (let i = 0; i < 1700; i++) {
    const rate = i >= 600 && i < 700 ? 0.3 : 0.08;
    yield { rephrase: random() < rate, correction: random() < 0.02, thumbsDown: random() < 0.01 };
  }
}

/** Five conversations at a time, of three to eight rounds; one in ten rounds is not probed. */
function* probed() {
  const random = lcg(13);
  const open: { number: number; round: number; last: number }[] = [];
  for (let begun = 0; begun < 900 || open.length > 0; ) {
    while (open.length < 5 && begun < 900) open.push({ number: begun++, round: 0, last: 3 + Math.floor(random() * 6) });
    const one = open.shift()!;
    const { number, last } = one;
    const round = ++one.round;
    const slope = number >= 400 && number < 450 ? 0.08 : 0.01;
    const score = rounded(0.9 - slope * (round - 1) + 0.05 * random.noise());
    if (round < last) open.push(one);
    if (round > 1 && round < last && random() < 0.1) continue;
    yield { conversation: `c${number}`, round, score, end: round === last };
  }
}

/** Three chains at a time, of an original and four to six generations. */
function* rewritten() {
  const random = lcg(14);
  const open: { number: number; generation: number; last: number; text: number[] }[] = [];
  for (let begun = 0; begun < 640 || open.length > 0; ) {
    while (open.length < 3 && begun < 640) {
      const text = Array.from({ length: 6 }, () => rounded(4 * random() - 2));
      open.push({ number: begun++, generation: 0, last: 4 + Math.floor(random() * 3), text });
    }
    const one = open.shift()!;
    const { number, generation, last, text } = one;
    yield { chain: number, generation, embedding: text, end: generation === last };
    const loss = number >= 400 && number < 460 ? 0.9 : 0.45;
    one.text = text.map((x) => rounded(x + (loss * random.noise()) / (1 + generation)));
    one.generation++;
    if (generation < last) open.push(one);
  }
}

const STREAMS: readonly (readonly [string, () => Iterable<object>])[] = [
  ["lookback-ratio", lookback],
  ["dissatisfaction", dissatisfied],
  ["instruction-stability", probed],
  ["semantic-cycles", rewritten],
];

describe.each(STREAMS)("%s", (name, stream) => {
  const wanted = golden[name]!;
  const events = [...stream()];

  test("is given the stream that the Python program was given", () => {
    expect(events).toHaveLength(wanted.events);
    expect(events.at(-1)).toEqual(wanted.last);
  });

  test("says by `tidegauge backtest` what the Python program says, to the index", async () => {
    const at = (which: string) => join(folder, `${name}-${which}`);
    writeFileSync(at("in.ndjson"), events.map((e) => `${JSON.stringify(e)}\n`).join(""));
    const config = `monitors: { ${name}: { detector: ${name}, reference: { first: 200 }, falseAlarms: { events: 2000 } } }\n`;
    writeFileSync(at("tg.yaml"), config);
    expect(await backtest.run(["-c", at("tg.yaml"), "-i", at("in.ndjson"), "-o", at("out.ndjson"), "-q"])).toBe(0);
    const said = readFileSync(at("out.ndjson"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Said & { onset: { index: number; low: number; high: number } | null });
    expect(said.map(({ kind, index }) => [kind, index])).toEqual(wanted.signals.map((s) => [s.kind, s.index]));
    for (const [i, { statistic, onset }] of wanted.signals.entries()) {
      if (statistic == null) continue;
      // Evidence is kept in float32.
      expect(said[i]!.statistic! / statistic).toBeCloseTo(1, 4);
      const { index, low, high } = said[i]!.onset!;
      expect([index, low, high], `onset of ${said[i]!.kind} at ${said[i]!.index}`).toEqual(onset);
    }
  });

  test("tells the same beside", async () => {
    const detector = DETECTORS.find((d) => d.name === name)!;
    const options = detector.options.parse({});
    const settings = { options, reference: { first: 200 }, promise: 2000, seed: hash32(name) };
    const model = await detector.open(settings, undefined as never);
    const state = model.init("all");
    for (const event of events) await model.step([{ state, event, time: null }]);
    const { gauges, details } = model.inspect(state);
    for (const [gauge, value] of Object.entries(wanted.gauges)) expect(gauges[gauge]! / value, gauge).toBeCloseTo(1, 4);
    for (const { round, fall, conversations } of (details.fallByRound ?? []) as Fall[]) {
      expect([round, conversations]).toEqual([round, wanted.falls![round]![0]]);
      expect(Math.abs(fall - wanted.falls![round]![1])).toBeLessThan(5e-5);
    }
    if (wanted.falls) expect(details.fallByRound).toHaveLength(Object.keys(wanted.falls).length);
    wanted.similarities?.forEach((similarity, generation) => {
      const told = (details.similarityByGeneration as number[])[generation]!;
      expect(told, `generation ${generation}`).toBeCloseTo(similarity, 4);
    });
  });
});

interface Fall {
  readonly round: number;
  readonly fall: number;
  readonly conversations: number;
}

const python = process.env.PYTHON;
if (!python) console.warn("SKIPPED: turn-detectors.json made anew by its program, set PYTHON (with numpy and scipy)");

test.skipIf(!python)(
  "the numbers are those that the Python program gives",
  () => {
    const made = execFileSync(python!, [program], { encoding: "utf8", maxBuffer: 1 << 24 });
    expect(JSON.parse(made)).toEqual(golden);
  },
  300_000,
);
