import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runLine } from "./run-line.ts";

const root = mkdtempSync(join(tmpdir(), "tidegauge-docs-how-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// On a loaded machine a backtest takes its time.
const PATIENCE_MS = 240_000;

test.each(["short-text", "numeric"])(
  "the example of docs/%s.md says what the page says",
  { timeout: PATIENCE_MS },
  async (name) => {
    const page = readFileSync(join(import.meta.dirname, `../../docs/${name}.md`), "utf8");
    const example = page.slice(page.indexOf("## An example to run"));
    const blocks = (language: string): string[] =>
      [...example.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map((m) => m[1]!);
    const folder = mkdtempSync(join(root, name));
    const [make, backtest, evaluate] = blocks("sh")[0]!.trim().split("\n");
    const script = make!.split(" ")[1]!;
    writeFileSync(join(folder, script), blocks("js")[0]!);
    writeFileSync(join(folder, "tidegauge.yaml"), blocks("yaml")[0]!);
    execFileSync(process.execPath, [script], { cwd: folder });
    await runLine(backtest!, folder);
    const lines = readFileSync(join(folder, "signals.ndjson"), "utf8").trim().split("\n");
    const signals = lines.map((line) => JSON.parse(line) as object);
    expect(blocks("json").length).toBeGreaterThan(0);
    for (const block of blocks("json")) {
      expect(signals).toContainEqual(expect.objectContaining(withParts(JSON.parse(block) as Record<string, unknown>)));
    }
    expect(await runLine(evaluate!, folder)).toBe(blocks("text")[0]);
  },
);

/** What a page shows of an explanation is part of it. */
function withParts(told: Record<string, unknown>): Record<string, unknown> {
  const { explanation } = told;
  return explanation === undefined ? told : { ...told, explanation: expect.objectContaining(explanation as object) };
}
