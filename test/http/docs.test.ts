import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunningApi, startApi } from "./client.ts";
import { episodeOf, RUN, stateOf } from "./fake-service.ts";

const DOC = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");
const BLOCKS = [...DOC.matchAll(/```sh\n([\s\S]*?)```/g)].map((found) => found[1]!);

let api: RunningApi;
let folder: string;

beforeEach(async () => {
  api = await startApi();
  folder = mkdtempSync(join(tmpdir(), "tidegauge-docs-"));
  writeFileSync(join(folder, "events.ndjson"), '{"text":"a"}\n{"text":"b"}\n');
  await api.commit({ states: [stateOf("bot-7")], episodes: [episodeOf({ id: "epi_5b2f0c7d9e1a" })] });
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe("the examples of docs/http-api.md", () => {
  test("each command runs and is answered without a mistake", async (context) => {
    if (spawnSync("curl", ["--version"]).error) {
      console.warn("SKIPPED: curl is not installed, the examples of docs/http-api.md were not run");
      return context.skip();
    }
    expect(BLOCKS.length).toBeGreaterThan(5);
    for (const block of BLOCKS) {
      const script = block
        .replaceAll("127.0.0.1:8080", `127.0.0.1:${api.port}`)
        .replaceAll("--max-time 3", "--max-time 1");
      const { status, output } = await run(`set -e\n${script.replaceAll("curl -s", "curl -s -S --fail-with-body")}`);
      expect(status, `${block}\n${output.slice(-500)}`).toBe(0);
    }
    expect(await api.store.readInbox("support-bot", 0, 10)).toHaveLength(3);
    const kinds = (await api.store.pendingCommands(RUN)).map((c) => c.kind);
    expect(kinds).toEqual(["acknowledge", "false-alarm", "adapt", "adapt"]);
  });
});

function run(script: string): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn("bash", ["-c", script], { cwd: folder, env: { ...process.env, TIDEGAUGE_TOKEN: "x" } });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("close", (status) => resolve({ status, output }));
  });
}
