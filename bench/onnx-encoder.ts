/**
 * Utterances per CPU second through the sentence encoder in a folder, beside the same model in Python's onnxruntime in the
 * same run, one thread each, and how far the vectors and the scores made of them agree.
 *   DATASETS_DIR=… MODELS_DIR=… PYTHON=…/python [TIDEGAUGE_NATIVE=…] node --import tsx bench/onnx-encoder.ts [--texts 2000]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openOnnxEmbedder } from "../adapters/embedders/onnx.ts";
import { loadCorpus, seeded, shuffle } from "./short-text-clinc.ts";

const { values: args } = parseArgs({ options: { texts: { type: "string", default: "2000" } } });
const { MODELS_DIR, PYTHON } = process.env;
const corpus = loadCorpus();
if (corpus === null || MODELS_DIR === undefined) console.warn("SKIPPED: set DATASETS_DIR and MODELS_DIR");
else {
  const path = `${MODELS_DIR}/all-MiniLM-L6-v2`;
  const texts = shuffle([...new Set(corpus.texts)], seeded("onnx")).slice(0, Number(args.texts));
  const ours = new Map<number, Float32Array>();
  for (const batch of [1, 32]) {
    const wish = { path, precision: undefined, download: undefined, device: "cpu", batch, cacheTexts: 0 } as const;
    const embedder = await openOnnxEmbedder(wish);
    await embedder.embed(texts.slice(0, 32));
    const start = process.cpuUsage();
    ours.set(batch, await embedder.embed(texts));
    const { user, system } = process.cpuUsage(start);
    tell("ours", batch, (user + system) / 1e6);
    await embedder.close();
  }
  if (PYTHON === undefined) console.warn("SKIPPED: set PYTHON to one with onnxruntime and tokenizers for the peer");
  else {
    const folder = mkdtempSync(join(tmpdir(), "tidegauge-onnx-"));
    const script = new URL("onnx-encoder.py", import.meta.url).pathname;
    writeFileSync(join(folder, "texts"), texts.map((text) => JSON.stringify(text)).join("\n"));
    const said = execFileSync(PYTHON, [script, path, join(folder, "texts"), join(folder, "out")], { encoding: "utf8" });
    const { seconds, version } = JSON.parse(said) as { seconds: Record<string, number>; version: string };
    for (const batch of [1, 32]) {
      tell(`onnxruntime ${version} in Python`, batch, seconds[batch]!);
      const bytes = readFileSync(join(folder, `out.${batch}`));
      compare(
        ours.get(batch)!,
        new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
        batch,
      );
    }
    rmSync(folder, { recursive: true });
  }

  function tell(who: string, batch: number, cpuSeconds: number): void {
    const rate = Math.round(texts.length / cpuSeconds);
    console.log(
      `${who}, batch ${batch}: ${rate} utterances per CPU second, ${((1e3 * cpuSeconds) / texts.length).toFixed(2)} ms each`,
    );
  }

  function compare(a: Float32Array, b: Float32Array, batch: number): void {
    const dim = a.length / texts.length;
    const cosines = texts.map((_, i) => product(a, i, b, i, dim)).sort((x, y) => x - y);
    const apart = texts.slice(500, 1000).map((_, i) => Math.abs(scoreOf(a, 500 + i, dim) - scoreOf(b, 500 + i, dim)));
    console.log(
      `  batch ${batch}: cosine at least ${cosines[0]!.toFixed(6)}, median ${cosines[cosines.length >> 1]!.toFixed(6)}; score differs by at most ${Math.max(...apart).toExponential(1)}`,
    );
  }
}

/** 1 − mean cosine to the three nearest of the first 500. */
function scoreOf(vectors: Float32Array, row: number, dim: number): number {
  const near = Array.from({ length: 500 }, (_, i) => product(vectors, row, vectors, i, dim)).sort((a, b) => b - a);
  return 1 - (near[0]! + near[1]! + near[2]!) / 3;
}

function product(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a[i * dim + d]! * b[j * dim + d]!;
  return sum;
}
