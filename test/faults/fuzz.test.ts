import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { REASONS } from "../../engine/rejection.ts";
import { fuzzLines } from "../support/fuzz-lines.ts";
import { startKafka } from "../support/kafka.ts";
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

const kafka = await startKafka();
afterAll(async () => {
  if (!("skip" in kafka)) await kafka.stop();
});

describe.each(CASES)("$name fed with garbage", ({ name, field, honest, options }) => {
  const lines = [...fuzzLines(LINES, 11, honest, field)];

  test(`${LINES} lines of a file: each is accepted or a dead letter with its reason, and signals carry odd strings safely`, async () => {
    const path = join(folder, `${name}.ndjson`);
    writeFileSync(path, Buffer.concat(lines.flatMap((l) => [l, Buffer.from("\n")])));
    const blank = lines.filter((l) => /^[ \t\r]*$/.test(l.toString("latin1"))).length;
    await accountFor(`${name}-file`, "", `{ file: { path: ${path} } }`, LINES - blank);
  }, 300_000);

  test.skipIf("skip" in kafka)(
    `${LINES} records of a topic: the same`,
    async () => {
      if ("skip" in kafka) return;
      const topic = kafka.unique("fuzz");
      await kafka.createTopic(topic, 1);
      for (const batch of batchesOf(lines)) await kafka.produce(topic, 0, batch);
      const top = `kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic} }`;
      await accountFor(`${name}-kafka`, top, `{ kafka: { topic: ${topic} } }`, LINES);
    },
    300_000,
  );

  async function accountFor(run: string, top: string, source: string, expected: number): Promise<void> {
    const service = startTidegauge(
      `store: { kind: embedded, path: ${join(folder, run)} }
http: { port: 0 }
${top}
monitors:
  m:
    detector: ${name}
    source: ${source}
    ${options}
`,
      folder,
    );
    await untilCommitted(service, "m", LINES, 240_000);
    const { events, rejected } = await service.json<{
      events: { consumed: number; accepted: number; rejected: number };
      rejected: Record<string, number>;
    }>("/api/v1/monitors/m");
    expect(events.accepted + events.rejected).toBe(expected);
    const { counts } = await service.json<{ counts: Record<string, number> }>("/api/v1/dead-letters?limit=1");
    expect(counts).toEqual(rejected);
    for (const reason of Object.keys(counts)) expect(REASONS).toContain(reason);
    expect(Object.keys(counts).length).toBeGreaterThan(5);
    const signals = await allSignals(service);
    expect(signals.length).toBeGreaterThan(0);
    const odd = stringsOf(signals).filter((text) => text.includes("\0") || !text.isWellFormed());
    expect(odd).toEqual([]);
    expect(await service.kill("SIGTERM")).toBe(0);
  }
});

/** Few enough for one request each. */
function* batchesOf(lines: readonly Buffer[]): Generator<Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (batch.length > 0 && (batch.length === 2000 || bytes + line.length > 1 << 20)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += line.length;
  }
  if (batch.length > 0) yield batch;
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...stringsOf(inner)]);
}
