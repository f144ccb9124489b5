import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { evaluate } from "../../cli/commands/evaluate.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/evaluate.md"), "utf8");
const example = page.slice(page.indexOf("### An example to run"));
const folder = mkdtempSync(join(tmpdir(), "tidegauge-docs-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(example)![1]!;
}

test("the example of docs/evaluate.md prints what the page says", async () => {
  writeFileSync(join(folder, "make-labelled.mjs"), block("js"));
  writeFileSync(join(folder, "tidegauge.yaml"), block("yaml"));
  execFileSync(process.execPath, ["make-labelled.mjs"], { cwd: folder });
  const command = /npx tidegauge evaluate (.*)/.exec(block("sh"))![1]!.split(" ");
  const argv = command.map((word) => (/\.(yaml|ndjson)$/.test(word) ? join(folder, word) : word));
  let printed = "";
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  await evaluate.run(argv).finally(() => stderr.mockRestore());
  expect(printed).toBe(block("text"));
});
