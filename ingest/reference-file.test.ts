import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { createDecoder } from "./decode/decoder.ts";
import { openReferenceFile } from "./reference-file.ts";

const decode = createDecoder({ event: z.strictObject({ value: z.number() }), key: "/bot" });
let folder: string;
const write = (text: string, name = "normal.ndjson"): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const open = (path: string) => openReferenceFile(path, decode, 100_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegauge-reference-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("gives each key its lines in order, the last one without a newline too", async () => {
  const file = await open(write('{"bot":"a","value":1}\n\n{"bot":"b","value":2}\r\n{"bot":"a","value":3}'));
  expect([file.events, file.count("a"), file.count("b"), file.count("c")]).toEqual([3, 2, 1, 0]);
  const read = async (key: string) =>
    (await file.read(key)).map(({ event, where }) => [event, where.split(" ").at(-1)]);
  expect(await read("a")).toEqual([
    [{ value: 1 }, "1"],
    [{ value: 3 }, "4"],
  ]);
  expect(await read("b")).toEqual([[{ value: 2 }, "3"]]);
  expect(await read("c")).toEqual([]);
  expect((await file.readAll()).map(({ event }) => event)).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
});

test("finds lines longer than what is read at once", async () => {
  const long = (bot: string) => `${JSON.stringify({ bot, value: 1, note: "x".repeat(60_000) })}\n`;
  const file = await open(write(["a", "b", "a"].map(long).join("")));
  expect(await file.read("b")).toHaveLength(1);
  expect(await file.read("a")).toHaveLength(2);
});

test("its hash is that of the content, wherever it lies", async () => {
  const text = '{"bot":"a","value":1}\n';
  const one = await open(write(text));
  const other = await open(write(text, "elsewhere.ndjson"));
  const changed = await open(write(`${text}${text}`));
  expect(other.hash).toBe(one.hash);
  expect(changed.hash).not.toBe(one.hash);
});

test.each([
  ["a line that is no event", '{"bot":"a","value":1}\n{"bot":"a","value":"x"}\n', /line 2 cannot be used: wrong-type/],
  ["a line that is no JSON", '{"bot":"a","value":1}\n{\n', /line 2 cannot be used: not-json/],
  ["nothing", "\n", /it has no events/],
])("refuses %s", async (_, text, message) => {
  await expect(open(write(text))).rejects.toMatchObject({ code: "REFERENCE_UNUSABLE", message });
});

test("refuses what is not there, a folder, and what cannot be sought", async () => {
  await expect(open(join(folder, "none"))).rejects.toThrow(/there is no such file/);
  await expect(open(folder)).rejects.toThrow(/it is a directory/);
  await expect(open(write("", "normal.ndjson.gz"))).rejects.toThrow(/Uncompress it/);
});

test("refuses to read on when the file was changed", async () => {
  const path = write('{"bot":"a","value":1}\n');
  const file = await open(path);
  appendFileSync(path, '{"bot":"a","value":2}\n');
  await expect(file.read("a")).rejects.toThrow(/it was changed since the start/);
});
