import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { REASONS } from "../../engine/rejection.ts";
import { fuzzLines } from "../support/fuzz-lines.ts";
import { allSignals, startTidegauge, untilCommitted } from "../support/service.ts";

const LINES = Number(process.env.FUZZ_LINES ?? 20_000);
const folder = mkdtempSync(join(tmpdir(), "tg-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CASES = [
  {
    name: "numeric",
    field: "value",
    // Odd keys and a level that moves: some signals carry the odd keys.
    honest: (i: number) =>
      `{"key":${JSON.stringify(["k", "👩‍👩‍👧", "<b>", "'; --", "a b", "\u202ex"][i % 6])},"value":${((i * 37) % 11) + (Math.floor(i / 4000) % 2) * 40}}`,
    options: "options: { algorithm: page-hinkley, threshold: 20 }",
  },
  {
    name: "short-text",
    field: "text",
    honest: (i: number) =>
      JSON.stringify({
        key: "k",
        text:
          i < LINES / 2
            ? `where is my parcel ${i % 900} please`
            : `\u0000the <b>app</b> \ud800 crashes number ${i % 97} 'quoted' 👩‍👩‍👧`,
      }),
    options: "reference: { first: 300 }",
  },
];

describe.each(CASES)("$name fed with garbage", ({ name, field, honest, options }) => {
  test(`${LINES} lines: each is accepted or a dead letter with its reason, and signals carry odd strings safely`, async () => {
    const path = join(folder, `${name}.ndjson`);
    const lines = [...fuzzLines(LINES, 11, honest, field)];
    writeFileSync(path, Buffer.concat(lines.flatMap((l) => [l, Buffer.from("\n")])));
    const service = startTidegauge(
      `store: { kind: embedded, path: ${join(folder, `${name}-data`)} }
http: { port: 0 }
monitors:
  m:
    detector: ${name}
    source: { file: { path: ${path} } }
    ${options}
`,
      folder,
    );
    await untilCommitted(service, "m", LINES, 240_000);
    const { events, rejected } = await service.json<{
      events: { consumed: number; accepted: number; rejected: number };
      rejected: Record<string, number>;
    }>("/api/v1/monitors/m");
    const blank = lines.filter((l) => /^[ \t\r]*$/.test(l.toString("latin1"))).length;
    expect(events.accepted + events.rejected).toBe(LINES - blank);
    const { counts } = await service.json<{ counts: Record<string, number> }>("/api/v1/dead-letters?limit=1");
    expect(counts).toEqual(rejected);
    for (const reason of Object.keys(counts)) expect(REASONS).toContain(reason);
    expect(Object.keys(counts).length).toBeGreaterThan(5);
    const signals = await allSignals(service);
    expect(signals.length).toBeGreaterThan(0);
    const odd = stringsOf(signals).filter((text) => text.includes("\0") || !text.isWellFormed());
    expect(odd).toEqual([]);
    expect(await service.kill("SIGTERM")).toBe(0);
  }, 300_000);
});

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...stringsOf(inner)]);
}
