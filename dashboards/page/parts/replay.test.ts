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
const http = { acceptsEvents: true };

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

test("what came another way is fed again with its kind, once the config is mended", () => {
  const command = replayCommand({ ...letter, value: "{", bytes: 1 }, { acceptsEvents: false }, "");
  expect(command).toBe("tidegauge dead-letters replay -c tidegauge.yaml --monitor 'a b' --reason not-json");
});
