import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { replayCommand } from "./replay.ts";

const letter = {
  monitor: "a b",
  topic: "utterances",
  partition: 2,
  offset: "48123",
  time: null,
  key: null,
  reason: "not-json" as const,
  detail: "",
  state: "kept" as const,
};
const http = { acceptsEvents: true, source: "HTTP" };

test("what came over HTTP is posted again; a shell reads the text as one word, whatever is in it", () => {
  const value = `{"text": "it's $(touch /tmp/x) \`id\` "}\n`;
  const command = replayCommand({ ...letter, value, bytes: Buffer.byteLength(value) }, http, "http://h")!;
  expect(command).toContain("'http://h/api/v1/monitors/a%20b/events'");
  const words = execFileSync("sh", ["-c", command.replace(/^curl/, "printf '%s\\0'")], { encoding: "utf8" }).split(
    "\0",
  );
  expect(words.at(-2)).toBe(value);
});

test("where a token is wanted the command asks the shell for it", () => {
  const command = replayCommand({ ...letter, value: "{", bytes: 1 }, http, "http://h", true)!;
  expect(command).toContain('-H "authorization: Bearer $TIDEGAUGE_TOKEN"');
});

test("what is shown only in part is not offered as the whole", () => {
  expect(replayCommand({ ...letter, value: "{", bytes: 5_000 }, http, "http://h")).toBeNull();
  expect(replayCommand({ ...letter, value: null, bytes: 0 }, http, "http://h")).toBeNull();
});

test("a record of a topic is fetched from its place; of a file there is nothing to send to", () => {
  const value = "{";
  const kafka = { acceptsEvents: false, source: "kafka topic utterances" };
  expect(replayCommand({ ...letter, value, bytes: 1 }, kafka, "")).toContain("-t 'utterances' -p 2 -o 48123 -c 1");
  expect(replayCommand({ ...letter, value, bytes: 1 }, { acceptsEvents: false, source: "file x" }, "")).toBeNull();
});
