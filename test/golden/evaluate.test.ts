import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../cli/commands/evaluate.ts";
import { median, poisson, wilson } from "../../cli/evaluate/intervals.ts";

/** Numbers from evaluate.py, which shares nothing with the program but the generator of the stream. */
const KEYS = 5;
const EVENTS = 30_000;

const folder = mkdtempSync(join(tmpdir(), "tidegauge-evaluate-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `monitors:
  adwin: { detector: numeric, key: /key, options: { algorithm: adwin } }
  page-hinkley: { detector: numeric, key: /key, options: { algorithm: page-hinkley } }
  hasty: { detector: numeric, key: /key, options: { algorithm: page-hinkley, threshold: 8 } }
  calibrated: { detector: numeric, key: /key, reference: { first: 1000 }, falseAlarms: { events: 10000 } }
`;

function writeStream(): void {
  let state = 4242;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const level = new Array<number>(KEYS).fill(0);
  const until = new Array<number>(KEYS).fill(1500);
  const lines: string[] = [];
  const begins: number[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const key = i % KEYS;
    const change = Math.floor(i / KEYS) === until[key];
    if (change) {
      level[key] = (level[key]! + 1) % 3;
      until[key] = until[key]! + 700 + Math.floor(random() * 900);
      begins.push(i);
    }
    let noise = -3;
    for (let j = 0; j < 6; j++) noise += random();
    const value = Math.round((noise + level[key]! * 0.7) * 1e6) / 1e6;
    lines.push(JSON.stringify({ key: `k${key}`, value, at: { concept: level[key], change } }));
  }
  writeFileSync(file("labelled.ndjson"), `${lines.join("\n")}\n`);
  writeFileSync(file("changes.txt"), `# begins\n${begins.join("\n")}\n`);
}

interface Row {
  readonly monitor: string;
  readonly promise: number | null;
  readonly score: Readonly<Record<string, unknown>>;
}

async function rowsOf(...argv: string[]): Promise<readonly Row[]> {
  const input = ["-c", file("tidegauge.yaml"), "-i", file("labelled.ndjson"), "-j", file("out.json"), "-q"];
  expect(await evaluate.run([...input, "--within", "400", ...argv])).toBe(0);
  return (JSON.parse(readFileSync(file("out.json"), "utf8")) as { evaluations: Row[] }).evaluations;
}

const near = (value: number) => expect.closeTo(value, 8);

beforeAll(() => {
  writeFileSync(file("tidegauge.yaml"), CONFIG);
  writeStream();
});

describe("tidegauge evaluate", () => {
  test("counts what river's detectors find, miss and cry, with the intervals that scipy gives", async () => {
    const rows = await rowsOf("--concept", "/at/concept", "-m", "adwin", "-m", "page-hinkley", "-m", "hasty");
    expect(rows.map(({ monitor, promise }) => [monitor, promise])).toEqual([
      ["adwin", null],
      ["page-hinkley", null],
      ["hasty", null],
    ]);
    const [adwin, pageHinkley, hasty] = rows.map(({ score }) => score);
    const common = { events: 30_000, quietEvents: 21_619, changes: 17, returns: 5, returnsTold: 5, unjudged: 0 };
    expect(adwin).toEqual({
      ...common,
      found: 16,
      detectionRate: { value: near(16 / 17), low: near(0.7301796936242461), high: near(0.9895395990150025) },
      delay: { value: 54.5, low: 35, high: 65, mean: 52.25, late: 69 },
      falseAlarms: 0,
      falseAlarmRate: { value: 0, low: 0, high: near(1.7063136380563093) },
      meanRunLength: { value: null, low: near(5860.587278310199), high: null },
      repeats: 0,
    });
    expect(pageHinkley).toEqual({
      ...common,
      found: 16,
      detectionRate: { value: near(16 / 17), low: near(0.7301796936242461), high: near(0.9895395990150025) },
      delay: { value: 61.5, low: 46, high: 78, mean: 59.875, late: 86 },
      falseAlarms: 3,
      falseAlarmRate: { value: near(1.3876682547758916), low: near(0.2861705550190117), high: near(4.055355506611001) },
      meanRunLength: { value: near(7206.333333333333), low: near(2465.875059214438), high: near(34944.19612575323) },
      repeats: 0,
    });
    expect(hasty).toEqual({
      ...common,
      found: 17,
      detectionRate: { value: 1, low: near(0.8156818649911483), high: 1 },
      delay: { value: 8, low: 6, high: 12, mean: near(10.294117647058824), late: 17 },
      falseAlarms: 236,
      falseAlarmRate: { value: near(109.16323604237014), low: near(95.67903702261587), high: near(124.01543388354693) },
      meanRunLength: { value: near(91.60593220338983), low: near(80.63512489413381), high: near(104.51610207611388) },
      repeats: 64,
    });
  });

  test("a flag and a file of lines tell the same changes, returns among them", async () => {
    const byFlag = await rowsOf("--flag", "/at/change", "-m", "adwin");
    const byLines = await rowsOf("--changes", file("changes.txt"), "-m", "adwin");
    expect(byLines).toEqual(byFlag);
    expect(byFlag[0]!.score).toMatchObject({ changes: 22, found: 21, returns: 0, quietEvents: 21_619 });
  });

  test("each promise is a run of its own: longer ones cry less often; a monitor that can make none runs once, as it is", async () => {
    const rows = await rowsOf("--concept", "/at/concept", "-p", "1000,100000", "-m", "calibrated", "-m", "adwin");
    expect(rows.map(({ monitor, promise }) => [monitor, promise])).toEqual([
      ["calibrated", 1_000],
      ["calibrated", 100_000],
      ["adwin", null],
    ]);
    const [short, long] = rows.map(({ score }) => score as { falseAlarms: number; quietEvents: number });
    expect(long!.falseAlarms).toBeLessThanOrEqual(short!.falseAlarms);
    // A key learns from its first thousand events: there it cannot cry.
    expect(short!.quietEvents).toBe(21_619 - 5 * 1_000);
  });

  test.each([
    [[], /one of --concept, --flag and --changes/],
    [["--flag", "/a", "--concept", "/b"], /one of --concept, --flag and --changes/],
    [["--flag", "drift"], /no JSON pointer; write \/drift/],
    [["--flag", "/drift", "--within", "many"], /--within wants whole numbers above 0/],
    [["--flag", "/drift", "-m", "adwim"], /did you mean "adwin"/],
    [["--changes", "/nowhere/at.txt"], /cannot be read: ENOENT/],
  ])("%j is refused with what to do", async (argv, message) => {
    const run = evaluate.run(["-c", file("tidegauge.yaml"), "-i", file("labelled.ndjson"), "-q", ...argv]);
    await expect(run).rejects.toThrow(message);
  });
});

describe("intervals", () => {
  test("Wilson's", () => {
    expect(wilson(0, 0)).toBeNull();
    expect(wilson(0, 7)).toEqual({ value: 0, low: 0, high: near(0.35433043506668743) });
    expect(wilson(3, 7)).toEqual({ value: 3 / 7, low: near(0.1582198552514697), high: near(0.7495416354723428) });
    expect(wilson(7, 7)).toEqual({ value: 1, low: near(0.6456695649333126), high: 1 });
    expect(wilson(450, 1000)).toEqual({ value: 0.45, low: near(0.41941538407429674), high: near(0.4809672917742588) });
  });

  test.each([
    [0, 0, 3.6888794541139354],
    [1, 0.025317807984289876, 5.571643390938898],
    [7, 2.8143630515198654, 14.422675361702376],
    [120, 99.4919256259387, 143.49058536935226],
    [5000, 4862.359188694899, 5140.5489485350045],
  ])("Garwood's of a count of %i", (count, low, high) => {
    expect(poisson(count)).toEqual({ value: count, low: expect.closeTo(low, 7), high: expect.closeTo(high, 6) });
  });

  test("of the median: by ranks, and none below six", () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => n - i);
    expect(median([])).toBeNull();
    expect(median(upTo(5))).toEqual({ value: 3, low: -Infinity, high: Infinity });
    expect(median(upTo(6))).toEqual({ value: 3.5, low: 1, high: 6 });
    expect(median(upTo(25))).toEqual({ value: 13, low: 8, high: 18 });
    expect(median(upTo(400))).toEqual({ value: 200.5, low: 180, high: 221 });
  });
});
