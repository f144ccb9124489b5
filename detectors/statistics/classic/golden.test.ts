import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ADWIN, adwin } from "./adwin.ts";
import { type Classic, DRIFT } from "./classic.ts";
import { DDM, ddm } from "./ddm.ts";
import { EDDM, eddm } from "./eddm.ts";
import { GOLDEN_STREAMS, type GoldenStream, goldenStream } from "./golden-streams.ts";
import { HDDM_A, hddmA } from "./hddm-a.ts";
import { HDDM_W, hddmW } from "./hddm-w.ts";
import { PAGE_HINKLEY, pageHinkley } from "./page-hinkley.ts";

const DETECTORS: Readonly<Record<string, Classic>> = {
  adwin: adwin(ADWIN),
  adwin_clock1: adwin({ ...ADWIN, clock: 1 }),
  page_hinkley: pageHinkley(PAGE_HINKLEY),
  ddm: ddm(DDM),
  eddm: eddm(EDDM),
  hddm_a: hddmA(HDDM_A),
  hddm_w: hddmW(HDDM_W),
};

function drifts(detector: Classic, values: Float64Array): number[] {
  const state = detector.create();
  const at: number[] = [];
  values.forEach((x, i) => {
    if (detector.update(state, x) === DRIFT) at.push(i);
  });
  return at;
}

// Indices of river 0.26.1's drift_detected.
const RIVER: readonly [GoldenStream, string, number, readonly number[]][] = [
  ["mean_shift", "adwin", 42, [5055]],
  ["mean_shift", "adwin_clock1", 7, [5037]],
  ["mean_shift", "page_hinkley", 42, [1559, 3579, 5028, 6900, 7905, 8595, 9270]],
  ["var_shift", "adwin", 7, [5983]],
  ["var_shift", "adwin_clock1", 2024, [5349]],
  ["gradual", "adwin", 42, [5471, 6335]],
  ["gradual", "adwin_clock1", 42, [5452, 6294, 8023]],
  ["gradual", "page_hinkley", 2024, [2593, 4296, 5665, 6222, 6967, 8748]],
  ["unif_shift", "adwin", 2024, [5119]],
  ["unif_shift", "page_hinkley", 7, [5096]],
  ["bern", "ddm", 42, [5116]],
  ["bern", "hddm_a", 7, [5027]],
  ["bern", "hddm_w", 42, [5012, 5831, 6123, 8306, 8769, 9608]],
  ["bern", "eddm", 2024, [3433, 3644, 3892, 4105, 4286, 4439, 4558, 4687, 4844, 5011, 5074, 7040, 7241]],
  ["bern_grad", "ddm", 42, [5729, 6448, 7940, 9182, 9785]],
  ["bern_grad", "hddm_a", 2024, [5908, 7372]],
  ["bern_grad", "hddm_w", 7, [6097, 6572, 9947]],
  ["bern_grad", "adwin", 42, [5823, 7615]],
];

test.each(RIVER)("on %s %s alarms where river does (seed %i)", (stream, detector, seed, indices) => {
  expect(drifts(DETECTORS[detector]!, goldenStream(stream, seed))).toEqual(indices);
});

test("the streams are those of river's run", () => {
  const first = [...goldenStream("unif_shift", 42).slice(0, 3)].map((x) => x / 0.8);
  expect(first).toEqual([0.2523451747838408, 0.08812504541128874, 0.5772811982315034].map((u) => (0.8 * u) / 0.8));
  const g = [...goldenStream("mean_shift", 42).slice(0, 3)];
  expect(g).toEqual([-0.6713014910928905, 0.6350767356343567, 0.5736509715206921]);
});

test("ADWIN's window, total and sum of squared deviations are river's", () => {
  const detector = DETECTORS.adwin!;
  const state = detector.create();
  const seen: unknown[] = [];
  goldenStream("mean_shift", 42).forEach((x, i) => {
    detector.update(state, x);
    if (![100, 1000, 5000].includes(i + 1)) return;
    const { width, total, sumOfSquares } = detector.facts(state);
    seen.push([width, total, sumOfSquares]);
  });
  expect(seen).toEqual([
    [100, 11.718756282702088, 68.5368515166917],
    [1000, 46.4970377124846, 1053.4929925512338],
    [5000, 50.3997312374413, 5015.449147974865],
  ]);
});

const folder = process.env.DATASETS_DIR;
const file = folder ? join(folder, "..", "golden", "change-detectors.json") : "";
const there = file !== "" && existsSync(file);
if (!there) console.warn("SKIPPED: all golden lists of the classic detectors, since DATASETS_DIR is not set");

interface Golden {
  readonly flags: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>>;
}

describe.skipIf(!there)("every golden list", () => {
  test.each(GOLDEN_STREAMS)("%s", (stream) => {
    const { flags } = JSON.parse(readFileSync(file, "utf8")) as Golden;
    let lists = 0;
    for (const [name, bySeed] of Object.entries(flags[stream]!)) {
      for (const [seed, indices] of Object.entries(bySeed)) {
        expect([name, seed, drifts(DETECTORS[name]!, goldenStream(stream, Number(seed)))]).toEqual([
          name,
          seed,
          indices,
        ]);
        lists++;
      }
    }
    expect(lists).toBeGreaterThanOrEqual(9);
  });
});
