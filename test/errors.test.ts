import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ERRORS, TidegaugeError } from "../engine/errors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter(
    (f) =>
      /^(ingest|detectors|engine|adapters|cli|dashboards)\//.test(f) &&
      !f.endsWith(".test.ts") &&
      f !== "engine/errors.ts",
  )
  .map((f) => [f, readFileSync(`${root}/${f}`, "utf8")] as const);

test("every code of the table is used, every code used is in the table", () => {
  const used = new Set(sources.flatMap(([, text]) => [...text.matchAll(/"([A-Z][A-Z_]{3,})"/g)].map((m) => m[1]!)));
  for (const code of Object.keys(ERRORS)) expect(used, `${code} is used nowhere`).toContain(code);
  for (const [file, text] of sources) {
    for (const [, code] of text.matchAll(/new TidegaugeError\(\s*"([A-Z_]+)"/g))
      expect(Object.keys(ERRORS), file).toContain(code);
  }
});

test("nothing throws a bare Error", () => {
  for (const [file, text] of sources) expect(text, file).not.toMatch(/throw new Error\(/);
});

test("a message names its details", () => {
  const error = new TidegaugeError("NOT_FOUND", { what: "monitor", name: "x" });
  expect(error.message).toBe("There is no monitor x.");
  expect(error.retryable).toBe(false);
});
