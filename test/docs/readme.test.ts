import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../cli/commands/index.ts";
import { parseConfig } from "../../cli/config/load.ts";
import { DETECTORS } from "../../detectors/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "docs/http-api.md",
  "docs/alerts.md",
  "docs/kafka.md",
  "docs/webhooks.md",
  "docs/embedders.md",
  "docs/compute.md",
  "docs/lite-rvfl.md",
  "docs/label-drift.md",
  "docs/architecture.md",
  "docs/conversations.md",
  "docs/short-text.md",
  "docs/numeric.md",
  "docs/evaluate.md",
  "docs/live-page.md",
];

describe.each(pages)("%s", (name) => {
  const page = readFileSync(`${root}/${name}`, "utf8");
  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map((m) => m[1]!);

  test("every config is valid", () => {
    for (const text of blocks("yaml")) {
      if (!/^monitors:/m.test(text)) continue;
      const result = parseConfig(text, name, DETECTORS, {
        DATABASE_URL: "postgres://x",
        OPS_SECRET: "s",
        TIDEGAUGE_TOKEN: "t",
      });
      expect("mistakes" in result ? result.mistakes : []).toEqual([]);
    }
  });

  test("every command and option exists", () => {
    for (const text of blocks("sh")) {
      for (const [, command, rest] of text.matchAll(/npx tidegauge ([\w-]+)([^\n#]*)/g)) {
        const found = COMMANDS.find((c) => c.name === command);
        expect(found, command).toBeDefined();
        for (const [option] of rest!.matchAll(/--[a-z]+/g))
          expect(`${found!.usage}${found!.options}`).toContain(option);
      }
      for (const [, script] of text.matchAll(/npm run ([\w:]+)/g))
        expect(JSON.parse(readFileSync(`${root}/package.json`, "utf8")).scripts).toHaveProperty([script!]);
    }
  });

  test("links lead somewhere", () => {
    for (const [, target] of page.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const folder = name.includes("/") ? `${root}/docs` : root;
      expect(() => readFileSync(`${folder}/${target}`), target).not.toThrow();
    }
  });
});
