import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTensors } from "../adapters/tensors/create.ts";
import { DETECTORS } from "../detectors/index.ts";
import { silentLog } from "../engine/log.ts";
import { findPackage } from "../engine/optional-package.ts";
import { parseConfig } from "./config/load.ts";
import { openEmbedder } from "./embedder.ts";

const path = join(process.env.MODELS_DIR ?? "", "all-MiniLM-L6-v2");
const here = existsSync(path) && findPackage("@huggingface/transformers") !== null;
const gpu = existsSync("/dev/nvidia0") || existsSync("/dev/dri/renderD128");
if (!here) console.warn("SKIPPED: which device encodes, it needs MODELS_DIR and `npm run native`");

/** As on a machine whose TensorFlow has a GPU, that onnxruntime then does not find. */
async function open(requireGpu: boolean, warnings: string[]) {
  const text = `compute: { requireGpu: ${requireGpu} }\nembedder: { kind: onnx, path: ${path} }\nmonitors:\n  m: { detector: short-text, source: { http: {} } }\n`;
  const parsed = parseConfig(text, "t.yaml", DETECTORS, {});
  if ("mistakes" in parsed) throw new RangeError(JSON.stringify(parsed.mistakes));
  const tensors = { ...createTensors("auto"), backend: "tensorflow", gpu: true };
  const log = { ...silentLog, warn: (what: string) => warnings.push(what) };
  return openEmbedder({ config: parsed.config, folder: "/" } as Parameters<typeof openEmbedder>[0], tensors, log);
}

test.runIf(here && !gpu)("an encoder follows the backend as far as it can, and tells each step down", async () => {
  const warnings: string[] = [];
  const opened = await open(false, warnings);
  expect(opened.device).toBe("cpu");
  expect(warnings).toEqual([
    expect.stringMatching(/does not load on cuda \(its CUDA provider .*\). .* is tried on webgpu instead$/),
    expect.stringMatching(/does not load on webgpu .* is tried on cpu instead$/),
  ]);
  await opened.close?.();
});

test.runIf(here && !gpu)("with requireGpu it steps down to no CPU", async () => {
  await expect(open(true, [])).rejects.toMatchObject({ code: "EMBEDDER_UNUSABLE" });
});
