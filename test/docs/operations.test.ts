import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { configSchema } from "../../cli/config/schema.ts";
import { DETECTORS } from "../../detectors/index.ts";

const docs = new URL("../../docs/", import.meta.url).pathname;
const program = new URL("../../cli/main.ts", import.meta.url).pathname;
const page = readFileSync(`${docs}operations.md`, "utf8");
const folder = mkdtempSync(join(tmpdir(), "tg-operations-"));
afterAll(() => rmSync(folder, { recursive: true }));

const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) => m[1]!.trim().split("\n"));

test.each(commands)("docs/operations.md: %s", (line) => {
  const config = "store: { kind: memory }\nmonitors: { m: { detector: numeric, source: { http: {} } } }\n";
  writeFileSync(join(folder, "tidegauge.yaml"), config);
  const words = line.replace(/#.*/, "").trim().split(/\s+/);
  expect(words.splice(0, 2)).toEqual(["npx", "tidegauge"]);
  const argv = ["--import", import.meta.resolve("tsx"), program, ...words];
  execFileSync(process.execPath, argv, { cwd: folder, stdio: "pipe" });
});

test("the retention of docs/operations.md is the program's", () => {
  const config = configSchema(DETECTORS).parse({ monitors: { m: { detector: "numeric", source: { http: {} } } } });
  for (const name of ["signalDays", "deadLetterDays", "idleKeyDays"] as const)
    expect(page).toContain(`| ${config.retention[name]} days | \`retention.${name}\` |`);
});

test.each(["tutorial", "operations", "upgrades", "security", "comparison"])(
  "docs/%s.md links to what exists",
  (name) => {
    const text = readFileSync(`${docs}${name}.md`, "utf8");
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(docs, link!)), link).toBe(true);
  },
);
