/**
 * Cost of context-drift: a turn of 200 positions × top 20 (divergence alone, and from bytes), memory of 100,000 open
 * conversations, and a million turns of 100,000 conversations through `backtest`.
 *
 *   PYTHON=python3 node --expose-gc --import tsx bench/context-drift.ts [turn|open|million]
 */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { COMMANDS } from "../cli/commands/index.ts";
import { contextDrift } from "../detectors/context-drift/context-drift.ts";
import { divergenceOfPositions, type Position } from "../detectors/context-drift/positions.ts";
import { simulateFleet } from "../detectors/context-drift/simulated-fleet.ts";
import { createRandom, uniform } from "../detectors/statistics/random.ts";
import type { Detector, Model } from "../engine/detector.ts";
import { createDecoder } from "../ingest/decode/decoder.ts";
import { openExample } from "../test/laws/run-model.ts";

const POSITIONS = 200;
const TOP = 20;

function turnOf(seed: number, digits: number): Buffer {
  const random = createRandom("bench turn", seed);
  const list = (names: readonly string[]) => {
    const logs = names.map(() => -8 * uniform(random)).sort((a, b) => b - a);
    const total = Math.log(logs.reduce((sum, l) => sum + Math.exp(l), 0)) + 0.05;
    return names.map((name, i): [string, number] => [name, Number((logs[i]! - total).toFixed(digits))]);
  };
  const positions = Array.from({ length: POSITIONS }, () => {
    const names = Array.from({ length: TOP + 4 }, () => ` tok${Math.floor(uniform(random) * 32_000)}`);
    return { test: list(names.slice(0, TOP)), reference: list(names.slice(4).reverse()) };
  });
  const event = { conversation: "c-17", turn: 3, model: "m", reference: "r", positions };
  return Buffer.from(JSON.stringify(event));
}

/** Process CPU of one round, ms: the mean over rounds, the machine's other work left out, the collector's own put in. */
function timed(rounds: number, work: (i: number) => unknown): number {
  for (let i = 0; i < 100; i++) work(i);
  const from = process.cpuUsage();
  for (let i = 0; i < rounds; i++) work(i);
  const { user, system } = process.cpuUsage(from);
  return (user + system) / rounds / 1000;
}

/** `digits` behind the point: what people round to, or all that a double has. */
function benchTurn(digits: number): void {
  const turns = Array.from({ length: 50 }, (_, i) => turnOf(i, digits));
  const decode = createDecoder({ event: contextDrift.event, reads: contextDrift.reads });
  const parsed = turns.map((bytes) => (JSON.parse(bytes.toString()) as { positions: Position[] }).positions);
  const rows = {
    "divergence, lists in the cache": timed(600, () => divergenceOfPositions(parsed[0]!)),
    "divergence, 50 turns in turn (30 MB of lists)": timed(600, (i) => divergenceOfPositions(parsed[i % 50]!)),
    "JSON.parse": timed(600, (i) => JSON.parse(turns[i % 50]!.toString())),
    "from bytes to divergence, all checks": timed(600, (i) => {
      const decoded = decode({ offset: i, key: null, time: null, value: turns[i % 50]! });
      if (decoded === null || "reason" in decoded) throw new RangeError("the turn is refused");
    }),
  };
  console.log(`a turn of ${POSITIONS} × top ${TOP}, ${turns[0]!.length} bytes, ms of process CPU, mean of 600`);
  console.table(rows);
  benchPeer(turns);
}

/** The same bytes in plain Python: json.loads, and the divergence by a dict. */
function benchPeer(turns: readonly Buffer[]): void {
  const python = process.env.PYTHON;
  if (python === undefined) {
    console.log("NOT MEASURED: plain Python (set PYTHON to an interpreter)");
    return;
  }
  const input = Buffer.concat(turns.flatMap((bytes) => [bytes, Buffer.from("\n")]));
  const { stdout, stderr } = spawnSync(python, ["-c", PEER], { input, encoding: "utf8" });
  console.log(stdout || stderr);
}

const PEER = `
import json, math, sys, time
turns = sys.stdin.buffer.read().splitlines()
parsed = [json.loads(t)["positions"] for t in turns]
def divergence(positions):
    total = 0.0
    for position in positions:
        reference = {token: lp for token, lp in position["reference"]}
        kl = qk = pk = 0.0
        for token, lq in position["test"]:
            lp = reference.get(token)
            if lp is None: continue
            q = math.exp(lq)
            qk += q
            pk += math.exp(lp)
            kl += q * (lq - lp)
        rest = max(1e-9, 1 - qk)
        total += kl + rest * math.log(rest / max(1e-9, 1 - pk))
    return total / len(positions)
def timed(work):
    for i in range(20): work(i)
    start = time.process_time()
    for i in range(300): work(i % len(turns))
    return round((time.process_time() - start) / 300 * 1000, 3)
print("plain Python, ms: divergence, lists in the cache", timed(lambda i: divergence(parsed[0])),
      "50 turns in turn", timed(lambda i: divergence(parsed[i])),
      "parsing", timed(lambda i: json.loads(turns[i])),
      "both", timed(lambda i: divergence(json.loads(turns[i])["positions"])))
`;

async function benchOpen(): Promise<void> {
  const conversations = 100_000;
  const options = { openConversations: conversations, idleMinutes: 60 };
  const detector = { ...contextDrift, example: { ...contextDrift.example, options } } as unknown as Detector;
  const model = (await openExample(detector)) as Model;
  const state = model.init("k");
  globalThis.gc?.();
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  const random = createRandom("bench open");
  const turns = 10;
  for (let turn = 1; turn <= turns; turn++) {
    for (let i = 0; i < conversations; i++) {
      const event = {
        conversation: `conversation-${i}`,
        turn,
        divergence: 5 + uniform(random),
        model: "gpt",
        promptVersion: "v2",
      };
      await model.step([{ state, event, time: turn * 60_000 }]);
    }
  }
  const used = process.cpuUsage(cpu);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const held = (m: NodeJS.MemoryUsage) => m.heapUsed + m.external;
  const save = process.cpuUsage();
  const [snapshot] = await model.save([state]);
  const first = process.cpuUsage(save);
  const bytes = snapshot!.running.length + snapshot!.parts.reduce((sum, p) => sum + p.bytes.length, 0);
  await model.step([
    { state, event: { conversation: "conversation-7", turn: turns + 1, divergence: 5 }, time: 660_000 },
  ]);
  const again = process.cpuUsage();
  const [second] = await model.save([state]);
  const spent = process.cpuUsage(again);
  const known = new Set(snapshot!.parts.map((p) => p.hash));
  const fresh = second!.parts.filter((p) => !known.has(p.hash));
  console.table({
    "open conversations": conversations,
    "turns of each": turns,
    "memory, MiB": (held(after) - held(before)) / 2 ** 20,
    "µs CPU a turn": (used.user + used.system) / (turns * conversations),
    "whole snapshot, MiB": bytes / 2 ** 20,
    "whole snapshot, ms": (first.user + first.system) / 1000,
    "after one more turn: bytes written": second!.running.length + fresh.reduce((sum, p) => sum + p.bytes.length, 0),
    "after one more turn: ms": (spent.user + spent.system) / 1000,
  });
}

/** Twenty thousand conversations at a time, interleaved turn by turn. */
async function benchMillion(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "context-drift-"));
  const input = join(folder, "turns.ndjson");
  const out = createWriteStream(input);
  const together = 20_000;
  for (let block = 0; block < 5; block++) {
    const rows: string[][] = Array.from({ length: 10 }, () => []);
    let at = 0;
    const plan = { seed: `million ${block}`, conversations: together, turns: 10, phi: 0.5, tau: 1.5 };
    for (const event of simulateFleet(plan)) {
      rows[at++ % 10]!.push(JSON.stringify({ ...event, conversation: `${block}-${event.conversation}` }));
    }
    for (const row of rows) if (!out.write(`${row.join("\n")}\n`)) await once(out, "drain");
  }
  out.end();
  await finished(out);
  const config = join(folder, "tidegauge.yaml");
  writeFileSync(
    config,
    `store: { kind: memory }\nmonitors:\n  fleet: { detector: context-drift, options: { openConversations: 100000 } }\n`,
  );
  const summary = join(folder, "summary.json");
  const backtest = COMMANDS.find((c) => c.name === "backtest")!;
  const from = process.cpuUsage();
  const began = performance.now();
  await backtest.run([
    "-c",
    config,
    "--input",
    input,
    "--output",
    join(folder, "signals.ndjson"),
    "--summary",
    summary,
  ]);
  const { user, system } = process.cpuUsage(from);
  console.log({
    turns: 1e6,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    "CPU seconds": Math.round((user + system) / 1e5) / 10,
    "input, MiB": Math.round(statSync(input).size / 2 ** 20),
    "signals, MiB": Math.round(statSync(join(folder, "signals.ndjson")).size / 2 ** 20),
    "peak resident memory, MiB": Math.round(process.resourceUsage().maxRSS / 1024),
  });
  rmSync(folder, { recursive: true });
}

const which = process.argv[2];
if (which === undefined || which === "turn") {
  benchTurn(6);
  benchTurn(17);
}
if (which === undefined || which === "open") await benchOpen();
if (which === undefined || which === "million") await benchMillion();
