import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { backtest } from "../../cli/commands/backtest.ts";
import { goldenStream } from "../../detectors/statistics/classic/golden-streams.ts";

/** Indices that river 0.26.1 gives, by stream, detector and seed. */
interface Golden {
  readonly flags: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>>;
}

const folder = process.env.GOLDEN_DIR ?? (process.env.DATASETS_DIR ? join(process.env.DATASETS_DIR, "../golden") : "");
const path = join(folder, "change-detectors.json");
const present = folder !== "" && existsSync(path);
if (!present) console.warn("SKIPPED: the golden lists of classic detectors, set GOLDEN_DIR");

const work = mkdtempSync(join(tmpdir(), "tg-golden-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const OPTIONS: Readonly<Record<string, string>> = {
  adwin: "algorithm: adwin, delta: 0.002, clock: 32",
  adwin_clock1: "algorithm: adwin, delta: 0.002, clock: 1",
  page_hinkley: "algorithm: page-hinkley",
  ddm: "algorithm: ddm",
  eddm: "algorithm: eddm",
  hddm_a: "algorithm: hddm-a",
  hddm_w: "algorithm: hddm-w",
};

describe.skipIf(!present)("tidegauge backtest against river 0.26.1", () => {
  const golden = present ? (JSON.parse(readFileSync(path, "utf8")) as Golden) : { flags: {} };

  test.each(Object.keys(golden.flags))(
    "gives every list of %s",
    async (stream) => {
      for (const [detector, lists] of Object.entries(golden.flags[stream]!)) {
        const config = join(work, `${detector}.yaml`);
        writeFileSync(config, `monitors:\n  m: { detector: numeric, options: { ${OPTIONS[detector]!} } }\n`);
        for (const [seed, indices] of Object.entries(lists)) {
          const input = join(work, "events.ndjson");
          const output = join(work, "signals.ndjson");
          const field = stream.startsWith("bern") ? "error" : "value";
          const values = goldenStream(stream as Parameters<typeof goldenStream>[0], Number(seed));
          writeFileSync(input, Array.from(values, (v) => `{"${field}":${Number(v)}}\n`).join(""));
          expect(await backtest.run(["-c", config, "-i", input, "-o", output, "-q"])).toBe(0);
          const signals = readFileSync(output, "utf8")
            .split("\n")
            .filter(Boolean)
            .map((l) => JSON.parse(l) as { kind: string; index: number });
          const found = signals.filter((s) => s.kind === "drift").map((s) => s.index);
          expect(found, `${detector} ${seed}`).toEqual(indices);
        }
      }
    },
    120_000,
  );
});
