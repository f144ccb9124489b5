import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { backtest } from "../../cli/commands/backtest.ts";
import { readArff } from "../support/arff.ts";

/** Test-then-train over the whole file: subset accuracy, Hamming loss, micro-F1, macro-F1, as the reference has them. */
const ROWS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  emotions: [0.2715, 0.217, 0.6681, 0.6536],
  yeast: [0.1643, 0.221, 0.6357, 0.3987],
};

/** The multi-label Hoeffding adaptive tree. */
const TREE: typeof ROWS = {
  emotions: [0.1636, 0.294, 0.4837, 0.4583],
  yeast: [0.1386, 0.2146, 0.6138, 0.3568],
};

const folder = process.env.DATASETS_DIR ?? "";
const present = folder !== "" && existsSync(join(folder, "yeast.arff"));
if (!present) console.warn("SKIPPED: label-drift's rows on emotions and yeast, set DATASETS_DIR");

const work = mkdtempSync(join(tmpdir(), "tg-labels-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const CASES = [
  ...Object.entries(ROWS).map(([name, row]) => ({ learner: "ensemble", name, row, within: 0.01 })),
  ...Object.entries(TREE).map(([name, row]) => ({ learner: "tree", name, row, within: 0.02 })),
];

describe.skipIf(!present)("learners, from NDJSON by the backtest", () => {
  test.each(CASES)(
    "$learner on $name is within $within of the reference",
    async ({ learner, name, row, within }) => {
      const events = readArff(join(folder, `${name}.arff`), join(folder, `${name}.xml`));
      const at = (file: string): string => join(work, `${learner}-${name}-${file}`);
      writeFileSync(at("events.ndjson"), events.map((e) => `${JSON.stringify(e)}\n`).join(""));
      const monitor = `{ detector: label-drift, source: { stdin: {} }, options: { learner: ${learner} } }`;
      writeFileSync(at("tg.yaml"), `monitors: { tags: ${monitor} }\n`);
      const files = ["--input", at("events.ndjson"), "--summary", at("summary.json")];
      await backtest.run(["-c", at("tg.yaml"), "--quiet", ...files]);
      const { accepted, prequential } = JSON.parse(readFileSync(at("summary.json"), "utf8"));
      expect(accepted).toBe(events.length);
      const { subsetAccuracy, hamming, microF1, macroF1 } = prequential;
      [subsetAccuracy, hamming, microF1, macroF1].forEach((value, k) => {
        expect(Math.abs(value - row[k]!)).toBeLessThanOrEqual(within);
      });
    },
    120_000,
  );
});
