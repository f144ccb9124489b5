import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openOutput } from "./output.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegauge-output-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test("an output holds what was written, in order", () => {
  const out = openOutput("backtest", "--output", at("signals.ndjson"), at("events.ndjson"));
  out.write("one\n");
  out.write("zwei ü\n");
  out.close();
  expect(readFileSync(at("signals.ndjson"), "utf8")).toBe("one\nzwei ü\n");
});

test("a file that cannot be written is told at once, with the option and what to do", () => {
  const open = (path: string) => () => openOutput("backtest", "--summary", path, "-");
  expect(open(at("no/such/folder.json"))).toThrow(/--summary .*folder\.json cannot be written: its folder does not/);
  expect(open(folder)).toThrow(/it is a folder; name a file/);
});

test("the input is never overwritten", () => {
  writeFileSync(at("events.ndjson"), '{"value": 1}\n');
  const open = () => openOutput("backtest", "--output", join(folder, ".", "events.ndjson"), at("events.ndjson"));
  expect(open).toThrow(/is the input/);
  expect(readFileSync(at("events.ndjson"), "utf8")).toBe('{"value": 1}\n');
});
