import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runLine } from "./run-line.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/conversations.md"), "utf8");
const example = page.slice(page.indexOf("## An example to run"), page.indexOf("## From chat responses"));
const folder = mkdtempSync(join(tmpdir(), "tidegauge-docs-turns-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(example)![1]!;
}

test("the example of docs/conversations.md says what the page says", async () => {
  writeFileSync(join(folder, "make-turns.mjs"), block("js"));
  writeFileSync(join(folder, "tidegauge.yaml"), block("yaml"));
  execFileSync(process.execPath, ["make-turns.mjs"], { cwd: folder });
  const [, backtest, evaluate] = block("sh").trim().split("\n");
  await runLine(backtest!, folder);
  const last = readFileSync(join(folder, "signals.ndjson"), "utf8").trim().split("\n").at(-1)!;
  expect(JSON.parse(last)).toMatchObject(JSON.parse(block("json")) as object);
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("context-drift");
  expect(await runLine(evaluate!, folder)).toBe(block("text"));
});
