import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { secretBytes, signature } from "../../adapters/channels/sign.ts";

const DOC = readFileSync(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
const SECRETS = [`whsec_${Buffer.from("a secret of 24 bytes....").toString("base64")}`, "plain text secret é"];
const BODY = '{"summary":"since 13:40 … “delivery”"}';

interface Case {
  readonly name: string;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly valid: boolean;
}

/** What we send, and what is near it. */
function cases(): readonly Case[] {
  const now = Math.floor(Date.now() / 1000);
  const headersOf = (secrets: readonly string[], timestamp = now) => ({
    "webhook-id": "ntf_1",
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature(
      secrets.map((s) => secretBytes(s, "test")),
      "ntf_1",
      timestamp,
      BODY,
    ),
  });
  return SECRETS.flatMap((secret, i): Case[] => {
    const other = SECRETS[1 - i]!;
    const sent = headersOf([secret]);
    return [
      { name: "as sent", secret, headers: sent, body: BODY, valid: true },
      { name: "in a rotation", secret, headers: headersOf([other, secret]), body: BODY, valid: true },
      { name: "another secret", secret, headers: headersOf([other]), body: BODY, valid: false },
      { name: "another body", secret, headers: sent, body: BODY.replace("13", "14"), valid: false },
      { name: "another id", secret, headers: { ...sent, "webhook-id": "ntf_2" }, body: BODY, valid: false },
      { name: "an old one", secret, headers: headersOf([secret], now - 1_000), body: BODY, valid: false },
      { name: "no signature", secret, headers: { "webhook-id": "ntf_1" }, body: BODY, valid: false },
    ];
  });
}

describe("the verifiers that the docs print", () => {
  test("in Node", () => {
    const program = `${block("js")}
const cases = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((c) => verify(c.secret, c.headers, Buffer.from(c.body)))));
const replay = (c, now) => receive(c.secret, c.headers, Buffer.from(c.body), now);
const sent = cases[0], now = Date.now() / 1000;
console.log(JSON.stringify([replay(sent), replay(sent), replay(sent, now + 290), replay(sent, now + 400), replay(cases[3])]));`;
    check(spawnSync(process.execPath, ["--input-type=module", "-e", program], input()));
  });

  test("in Python", (context) => {
    if (spawnSync("python3", ["--version"]).error) {
      console.warn("SKIPPED: python3 is not installed, the verifier of docs/webhooks.md was not run");
      return context.skip();
    }
    const program = `${block("python")}
import json, sys
cases = json.load(sys.stdin)
print(json.dumps([verify(c["secret"], c["headers"], c["body"].encode()) for c in cases]))
def replay(c, now=None):
    return receive(c["secret"], c["headers"], c["body"].encode(), now)
sent, now = cases[0], time.time()
print(json.dumps([replay(sent), replay(sent), replay(sent, now + 290), replay(sent, now + 400), replay(cases[3])]))`;
    check(spawnSync("python3", ["-c", program], input()));
  });
});

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(DOC)![1]!;
}

function input() {
  return { input: JSON.stringify(cases()), encoding: "utf8" as const };
}

function check({ stdout, stderr }: { stdout: string; stderr: string }): void {
  expect(stderr).toBe("");
  const [verified, replayed] = stdout.trim().split("\n");
  const results = JSON.parse(verified!) as boolean[];
  // Replayed at once and within the tolerance: known by its id; later: too old; forged: never.
  expect(JSON.parse(replayed!)).toEqual(["new", "repeat", "repeat", "refuse", "refuse"]);
  expect(results.map((valid, i) => [cases()[i]!.name, valid])).toEqual(cases().map((c) => [c.name, c.valid]));
}
