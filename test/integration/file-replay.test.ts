import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { replay } from "../../cli/commands/replay.ts";
import { startTidegauge, untilCommitted } from "../support/service.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-file-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const lines = Array.from({ length: 3000 }, (_, i) => {
  const noise = Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1;
  return JSON.stringify({ value: noise + (i >= 2000 ? 1 : 0), time: new Date(1.77e12 + i * 1000).toISOString() });
});

test("a file's lines are replayed beside the service and after it; the exit code says whether both agree", async () => {
  writeFileSync(join(folder, "events.ndjson"), `${lines.join("\n")}\n`);
  const config = (more: string) => `store: { kind: embedded, path: ./data }
http: { port: ${port} }
monitors:
  m: { detector: numeric, source: { file: { path: events.ndjson } }, reference: { first: 400 }, falseAlarms: { events: 20000 }${more} }
`;
  const port = await freePort();
  const path = join(folder, "tidegauge.yaml");
  const result = join(folder, "result.json");
  const run = async (...more: string[]) => {
    const code = await replay.run(["-c", path, "-q", "--json", result, ...more]);
    return { code, ...JSON.parse(readFileSync(result, "utf8")) };
  };
  const service = startTidegauge(config(""), folder, false);
  try {
    await untilCommitted(service, "m", 3000);
    const whole = await run();
    expect(whole).toMatchObject({ code: 0, records: 3000, histories: { same: 1, other: 0 } });
    expect(whole.comparison.same).toBeGreaterThan(1);
    // The service has the embedded store: it was asked over HTTP. Its lines go on being read and compared by line.
    appendFileSync(join(folder, "events.ndjson"), `${lines[0]}\n`);
    expect(await run("--to", "latest")).toMatchObject({
      code: 0,
      records: 3001,
      stretches: [{ live: 3000, to: 3001 }],
    });
    await expect(run("--from", "2999", "--to", "2999")).rejects.toThrow("the range holds no record: partition 0");
  } finally {
    await service.kill("SIGTERM");
  }
  // Line 2,000.
  const since = await run("--from", "2026-02-02T03:13:20.000Z", "--to", "live", "--warm-up", "all");
  expect(since).toMatchObject({ code: 0, stretches: [{ begin: 0, from: 2000, to: 3000, live: 3000 }] });
  expect(since.comparison.same).toBeGreaterThan(0);
  // Another setting alarms some events later: that is another run, unless some events are nothing.
  writeFileSync(path, config("").replace("events: 20000", "events: 1000000000"));
  const later = await run();
  expect(later).toMatchObject({ code: 3, histories: { same: 1 } });
  expect(later.run).not.toBe(since.run);
  expect(later.comparison.onlyThen.map((signal: { kind: string }) => signal.kind)).toContain("drift");
  const near = await run("--within", "300");
  expect(near.comparison.moved).toBeGreaterThan(0);
  expect(near.comparison.onlyThen.map((signal: { kind: string }) => signal.kind)).not.toContain("drift");
  // Another file under the old name is another stream.
  writeFileSync(join(folder, "events.ndjson"), `${lines.slice(5).join("\n")}\n`);
  await expect(run()).rejects.toMatchObject({ code: "TOPIC_RECREATED" });
}, 120_000);
