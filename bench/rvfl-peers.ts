/**
 * Prequential accuracy from event 200 on and CPU per event beside river's streaming models, on the four measured streams
 * (seed 42) and on Phishing and ImageSegments as river ships them: `PYTHON=… node --import tsx bench/rvfl-peers.ts`
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createTensors } from "../adapters/tensors/create.ts";
import { openModel } from "../detectors/lite-rvfl/model.ts";
import { options as schema } from "../detectors/lite-rvfl/options.ts";
import type { Model } from "../engine/detector.ts";
import { MEASURED } from "./rvfl-streams.ts";

const SKIPPED = 200;
const OURS = [
  { name: "lite-rvfl", options: {} },
  { name: "lite-rvfl, no alarms' replays", options: { alarms: "gap" } },
  { name: "lite-rvfl, theta 1", options: { alarms: "gap", theta: 1, slowTheta: 1 } },
  { name: "lite-rvfl, theta 1.0002", options: { alarms: "gap", theta: 1.0002, slowTheta: 1.0001 } },
] as const;

const python = process.env.PYTHON ?? "python3";
const folder = mkdtempSync(join(tmpdir(), "tidegauge-rvfl-"));
try {
  for (const [name, make] of Object.entries(MEASURED)) {
    const { x, y } = make(42, 10_000, true);
    writeFileSync(
      join(folder, `${name}.ndjson`),
      x.map((row, i) => `${JSON.stringify({ x: row, y: y[i] })}\n`).join(""),
    );
  }
  const peers = run(["--write", folder]) !== null;
  const names = [...Object.keys(MEASURED), "phishing", "segments"].filter((n) =>
    existsSync(join(folder, `${n}.ndjson`)),
  );
  for (const name of names) for (const { name: what, options } of OURS) tell(name, what, ...ours(name, options));
  if (peers) {
    for (const name of names) {
      const said = run([String(SKIPPED), join(folder, `${name}.ndjson`)]) ?? "";
      for (const line of said.trim().split("\n")) {
        const one = JSON.parse(line) as { path: string; name: string; accuracy: number; us: number };
        tell(basename(one.path, ".ndjson"), one.name, one.accuracy, one.us);
      }
    }
  } else console.warn("SKIPPED peers: PYTHON names no Python with river");
} finally {
  rmSync(folder, { recursive: true });
}

function ours(name: string, options: Record<string, unknown>): [number, number] {
  const lines = readFileSync(join(folder, `${name}.ndjson`), "utf8")
    .trim()
    .split("\n");
  const events = lines.map((line) => JSON.parse(line) as never);
  const settings = { options: schema.parse(options), reference: null, promise: null, seed: 1 };
  const model = openModel(settings, { tensors: createTensors("auto"), embedder: { kind: "none" } }) as Model;
  const state = model.init("k");
  const start = process.cpuUsage();
  for (const event of events) void model.step([{ state, event, time: null }]);
  const { user, system } = process.cpuUsage(start);
  return [model.prequential!()!.accuracy!, (user + system) / events.length];
}

function tell(stream: string, name: string, accuracy: number, us: number): void {
  console.log(`${stream.padEnd(9)} ${name.padEnd(30)} accuracy ${accuracy.toFixed(4)}  ${us.toFixed(0)} µs an event`);
}

function run(args: readonly string[]): string | null {
  try {
    return String(
      execFileSync(python, [join(import.meta.dirname, "rvfl-peers.py"), ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
  } catch {
    return null;
  }
}
