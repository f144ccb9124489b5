/**
 * The share of false alarms of small detectors on conversations' turns under `falseDiscoveries: { rate: 0.1, events: 100000 }`: 500
 * keys, some of which change for 600 of their turns in every stretch of 100,000.
 *
 *   node --import tsx bench/turn-discoveries.ts [stretches, default 10] [seed]
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normalQuantile } from "../detectors/statistics/normal.ts";
import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";
import type { Signal } from "../engine/signal.ts";

const STRETCHES = Number(process.argv[2] ?? 10);
const SEED = Number(process.argv[3] ?? 1);
const KEYS = 500;
const STRETCH = 100_000;
const REFERENCE = 500;
const LASTS = 600;
/** Turns of a key after a change's end in which an alarm is still one of the change. */
const AFTER = 100;

const KINDS: Readonly<Record<string, (random: Random, changed: boolean) => object>> = {
  dissatisfaction: (random, changed) => ({ rephrase: uniform(random) < (changed ? 0.3 : 0.1) }),
  "lookback-ratio": (random, changed) => ({
    ratio: Math.min(1, Math.max(0, 0.6 + 0.1 * normalQuantile(uniform(random)) - (changed ? 0.1 : 0))),
  }),
};

interface Change {
  readonly key: number;
  /** In turns of the key. */
  readonly from: number;
}

function measure(detector: string, changesAStretch: number): void {
  const folder = mkdtempSync(join(tmpdir(), "turn-discoveries-"));
  const at = (name: string) => join(folder, name);
  const random = createRandom(`discoveries ${detector} ${changesAStretch}`, SEED);
  const turns = new Float64Array(KEYS);
  const until = new Float64Array(KEYS);
  const changes: Change[] = [];
  const all = KEYS * REFERENCE * 1.2 + STRETCHES * STRETCH;
  const first = KEYS * REFERENCE * 1.2;
  const file = openSync(at("in.ndjson"), "w");
  for (let i = 0, text = ""; i < all; i++) {
    if (i >= first && uniform(random) < changesAStretch / STRETCH) {
      const key = Math.floor(uniform(random) * KEYS);
      if (until[key]! + 1000 < turns[key]!) {
        changes.push({ key, from: turns[key]! });
        until[key] = turns[key]! + LASTS;
      }
    }
    // While they learn keys come in turn, so that each has its reference when the stretches begin.
    const key = i < first ? i % KEYS : Math.floor(uniform(random) * KEYS);
    const changed = turns[key]!++ < until[key]!;
    text += `${JSON.stringify({ key: `k${key}`, ...KINDS[detector]!(random, changed) })}\n`;
    if (text.length > 1 << 20 || i === all - 1) {
      writeSync(file, text);
      text = "";
    }
  }
  closeSync(file);
  writeFileSync(
    at("t.yaml"),
    `monitors: { m: { detector: ${detector}, source: { stdin: {} }, reference: { first: ${REFERENCE} }, falseDiscoveries: { rate: 0.1, events: ${STRETCH} } } }\n`,
  );
  const argv = ["--import", "tsx", "cli/main.ts", "backtest", "-c", at("t.yaml"), "--monitor", "m", "--input"];
  const ran = spawnSync(process.execPath, [...argv, at("in.ndjson"), "--output", at("out.ndjson")], {
    encoding: "utf8",
  });
  if (ran.status !== 0) throw new RangeError(ran.stderr);
  const stretches = Array.from({ length: STRETCHES }, () => ({ alarms: 0, wrong: 0 }));
  const found = new Set<Change>();
  for (const line of readFileSync(at("out.ndjson"), "utf8").split("\n")) {
    if (line === "") continue;
    const { kind, key, index, position } = JSON.parse(line) as Signal;
    if (kind !== "drift" && kind !== "surge") continue;
    const stretch = stretches[Math.floor((Number(position.offset) - first) / STRETCH)];
    const of = changes.find((c) => `k${c.key}` === key && index >= c.from && index < c.from + LASTS + AFTER);
    if (of) found.add(of);
    if (stretch === undefined) continue;
    stretch.alarms++;
    if (!of) stretch.wrong++;
  }
  rmSync(folder, { recursive: true });
  const shares = stretches.map(({ alarms, wrong }) => (alarms === 0 ? 0 : wrong / alarms));
  const mean = shares.reduce((a, b) => a + b, 0) / STRETCHES;
  const sd = Math.sqrt(shares.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, STRETCHES - 1));
  const wrong = stretches.reduce((a, b) => a + b.wrong, 0);
  const interval = (2.58 * sd) / Math.sqrt(STRETCHES);
  const share = changes.length === 0 ? "" : `${((100 * found.size) / changes.length).toFixed(1)} %`;
  console.log(
    `| ${detector} | ${changes.length} | ${share} | ${wrong} | ${mean.toFixed(3)} ± ${interval.toFixed(3)} |`,
  );
}

console.log("| detector | changes | found | false alarms | mean share of false ones |\n|---|---|---|---|---|");
for (const detector of Object.keys(KINDS)) for (const changes of [0, 2, 25]) measure(detector, changes);
