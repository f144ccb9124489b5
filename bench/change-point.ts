/**
 * Thresholds of the Mann–Whitney change-point model by simulation, against those built in, and the run length they give.
 *   node --import tsx bench/change-point.ts [--paths 200000] [--runs 2000] [--seed 1]
 */
import { parseArgs } from "node:util";
import { addValue, bestSplit, createChangePointModel, START, WINDOW } from "../detectors/statistics/change-point.ts";
import { changePointThreshold, GRID, LIMITS } from "../detectors/statistics/change-point-thresholds.ts";
import { createRandom, uniform } from "../detectors/statistics/random.ts";

const { values: args } = parseArgs({
  options: {
    paths: { type: "string", default: "200000" },
    runs: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
  },
});
const SIDES = [1, 2] as const;
const STEPS = WINDOW - START + 1;

/** Largest Z of every path at every t, row-major [t, paths], so that a quantile reads one row. */
function simulate(paths: number): Record<1 | 2, Float32Array> {
  const out = { 1: new Float32Array(paths * STEPS), 2: new Float32Array(paths * STEPS) };
  const random = createRandom("change-point", Number(args.seed));
  for (let p = 0; p < paths; p++) {
    const model = createChangePointModel(1);
    const twoSided = { ...model, sides: 2 as const };
    for (let t = 1; t <= WINDOW; t++) {
      addValue(model, uniform(random));
      if (t < START) continue;
      twoSided.length = model.length;
      out[1][(t - START) * paths + p] = bestSplit(model).statistic;
      out[2][(t - START) * paths + p] = bestSplit(twoSided).statistic;
    }
  }
  return out;
}

/** h_t at every t from START: the 1 − 1/ARL0 quantile among the paths that no earlier threshold stopped. */
function thresholds(all: Float32Array, paths: number, arl0: number): number[] {
  let alive = Uint32Array.from({ length: paths }, (_, p) => p);
  const out: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const row = all.subarray(step * paths, (step + 1) * paths);
    const sorted = Float32Array.from(alive, (p) => row[p]!).sort();
    const h = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * (1 - 1 / arl0)))]!;
    out.push(h);
    alive = alive.filter((p) => row[p]! <= h);
  }
  return out;
}

const paths = Number(args.paths);
const all = simulate(paths);
for (const sides of SIDES) {
  for (const arl0 of LIMITS) {
    const raw = thresholds(all[sides], paths, arl0);
    // Neighbouring t are nearly the same threshold: their mean is less noisy. The first ones differ truly.
    const smooth = GRID.map((t) => {
      const half = t < 26 ? 0 : t < 60 ? 2 : 6;
      const from = Math.max(0, t - START - half);
      const near = raw.slice(from, t - START + half + 1);
      return near.reduce((a, b) => a + b, 0) / near.length;
    });
    const built = GRID.map((t) => changePointThreshold(t, arl0, sides));
    const off = Math.max(...smooth.map((h, i) => Math.abs(h - built[i]!)));
    console.log(
      `sides ${sides}, ARL0 ${arl0}: [${smooth.map((h) => h.toFixed(3)).join(", ")}], built in within ${off.toFixed(3)}`,
    );
  }
}

/** Mean run length with the built-in thresholds, the window sliding once it is full; runs end after 20 ARL0. The start-up counts. */
for (const sides of SIDES) {
  for (const arl0 of LIMITS) {
    const random = createRandom("run length", Number(args.seed), sides, arl0);
    let values = 0;
    let alarms = 0;
    const runs = Number(args.runs);
    for (let run = 0; run < runs; run++) {
      const model = createChangePointModel(sides);
      for (let t = 1; t <= 20 * arl0; t++) {
        addValue(model, uniform(random));
        values += 1;
        if (bestSplit(model).statistic <= changePointThreshold(t, arl0, sides, model.slides)) continue;
        alarms += 1;
        break;
      }
    }
    console.log(
      `sides ${sides}, ARL0 ${arl0}: ${Math.round(values / alarms)} values between false alarms, ${runs} runs`,
    );
  }
}
