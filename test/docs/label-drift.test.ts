import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { backtest } from "../../cli/commands/backtest.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/label-drift.md"), "utf8");
const example = page.slice(page.indexOf("## An example to run"));
const folder = mkdtempSync(join(tmpdir(), "tidegauge-docs-labels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function blocks(language: string): string[] {
  return [...example.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map((m) => m[1]!);
}

test("the example of docs/label-drift.md says what the page says", async () => {
  writeFileSync(join(folder, "make-labels.mjs"), blocks("js")[0]!);
  writeFileSync(join(folder, "tidegauge.yaml"), blocks("yaml")[0]!);
  execFileSync(process.execPath, ["make-labels.mjs"], { cwd: folder });
  const command = /npx tidegauge backtest (.*)/.exec(blocks("sh")[0]!)![1]!.split(" ");
  const argv = command.map((word) => (/\.(yaml|ndjson|html)$/.test(word) ? join(folder, word) : word));
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await backtest.run(argv).finally(() => stderr.mockRestore());
  const lines = readFileSync(join(folder, "signals.ndjson"), "utf8").trim().split("\n");
  const signals = lines.map((line) => JSON.parse(line) as { kind: string });
  const told = blocks("json").map((text) => JSON.parse(text) as { kind: string });
  expect(told.map(({ kind }) => kind)).toEqual(["drift", "explained"]);
  for (const { kind } of told) expect(signals.filter((s) => s.kind === kind).length).toBe(1);
  for (const signal of told) expect(signals.find((s) => s.kind === signal.kind)).toMatchObject(signal);
});
