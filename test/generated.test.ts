import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generated } from "../cli/generate.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

test("generated files are fresh (else: npm run generate)", () => {
  for (const [path, content] of generated(root)) {
    let found = "";
    try {
      found = readFileSync(`${root}/${path}`, "utf8");
    } catch {
      // Missing is stale.
    }
    expect(found, path).toBe(content);
  }
});
