import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the built program runs by itself, as the package's bin", () => {
  const { bin, version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as {
    bin: { tidegauge: string };
    version: string;
  };
  expect(execFileSync(`${root}/${bin.tidegauge}`, ["--version"], { encoding: "utf8" }).trim()).toBe(version);
});
