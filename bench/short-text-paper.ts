/**
 * The paper's scheme on CLINC150 beside its row in the design: autoencoder trained once per split on ⅔ of 4,000 texts,
 * then 700 clean texts and 1,000 with the change, batches of 25, change-point model at 400 batches.
 *   DATASETS_DIR=… node --import tsx bench/short-text-paper.ts [--splits 8] [--streams 12]
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { TRAINING } from "../detectors/short-text/autoencoder.ts";
import { BATCH } from "../detectors/short-text/scheme.ts";
import { addValue, bestSplit, createChangePointModel } from "../detectors/statistics/change-point.ts";
import { changePointThreshold } from "../detectors/statistics/change-point-thresholds.ts";
import { type Cell, loadCorpus, makeStream, seeded, shuffle, splitIntents } from "./short-text-clinc.ts";

const { values: args } = parseArgs({
  options: { splits: { type: "string", default: "8" }, streams: { type: "string", default: "12" } },
});
/** Detected (%) and median delay. */
const ROW: Readonly<Partial<Record<Cell, readonly [number, number]>>> = {
  novel5: [22, 450],
  novel10: [40, 525],
  novel20: [93, 225],
  novel50: [100, 100],
  one10: [55, 300],
  surge10: [16, 375],
  oos10: [97, 238],
};
const R = 4000;
const CLEAN = 700;
const ARL0 = 400;
const TRAINED = Math.floor((2 * R) / 3);
const CELLS = Object.keys(ROW) as Cell[];

const corpus = loadCorpus();
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json and clinc150-minilm.f16");
else {
  const { dim, embeddings, texts } = corpus;
  const tensors = createTensors("auto");
  const delays = new Map<Cell, number[]>(CELLS.map((cell) => [cell, []]));
  const streams = Number(args.splits) * Number(args.streams);
  for (let s = 0; s < Number(args.splits); s++) {
    const split = splitIntents(corpus, 50, seeded("split", s));
    const known = shuffle([...split.known], seeded("paper", s));
    const training = new Float32Array(TRAINED * dim);
    known.slice(0, TRAINED).forEach((row, i) => {
      training.set(embeddings.subarray(row * dim, (row + 1) * dim), i * dim);
    });
    const weights = await tensors.trainAutoencoder(training, TRAINED, dim, { ...TRAINING, seed: s });
    const similarity = tensors.autoencoder(weights).similarities(embeddings, texts.length);
    for (let k = 0; k < Number(args.streams); k++) {
      for (const cell of CELLS) {
        const rows = makeStream(
          corpus,
          { ...split, known: known.slice(R) },
          cell,
          CLEAN,
          1000,
          seeded("row", s, k, cell),
        );
        const found = firstAlarm(rows.map((row) => similarity[row]!));
        if (found !== null) delays.get(cell)!.push(found - CLEAN);
      }
    }
  }
  for (const [cell, found] of delays) {
    found.sort((a, b) => a - b);
    const share = Math.round((100 * found.length) / streams);
    const [wanted, delay] = ROW[cell]!;
    const verdict = Math.abs(share - wanted) <= 15 ? "" : "  OUTSIDE ±15";
    console.log(`${cell.padEnd(9)} ${share} % ${found[found.length >> 1] ?? "–"}, row ${wanted} % ${delay}${verdict}`);
  }
  console.log(`${streams} streams a cell, ${Math.round(process.cpuUsage().user / 1e6)} s of CPU`);
}

/** Index of the text that completes the first alarming batch after the clean part. */
function firstAlarm(similarity: readonly number[]): number | null {
  const model = createChangePointModel(1);
  for (let from = 0; from + BATCH <= similarity.length; from += BATCH) {
    addValue(model, similarity.slice(from, from + BATCH).reduce((a, b) => a + b, 0) / BATCH);
    const alarm = bestSplit(model).statistic > changePointThreshold(model.length, ARL0, 1);
    if (alarm && from + BATCH > CLEAN) return from + BATCH - 1;
  }
  return null;
}
