import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOnnxEmbedder } from "../../adapters/embedders/onnx.ts";
import { everyBackend } from "../../adapters/tensors/every-backend.ts";
import { findPackage } from "../../engine/optional-package.ts";

const path = join(process.env.MODELS_DIR ?? "", "all-MiniLM-L6-v2");
const model = existsSync(path) && findPackage("@huggingface/transformers") !== null;
// Opened first, so that onnxruntime finds the adapter in software where there is no other.
const webgpu = (await everyBackend()).found.some(({ name }) => name.startsWith("webgpu"));
if (!model || !webgpu) console.warn("SKIPPED: a sentence encoder on WebGPU, it needs MODELS_DIR and `npm run native`");

test.runIf(model && webgpu)(
  "a sentence encoder on WebGPU gives nearly the CPU's vectors",
  { timeout: 240_000 },
  async () => {
    const wish = { path, precision: undefined, download: undefined, batch: 1, cacheTexts: 0 };
    const texts = ["where is my card", "what is the weather like in Paris"];
    const [cpu, gpu] = [
      await openOnnxEmbedder({ ...wish, device: "cpu" }),
      await openOnnxEmbedder({ ...wish, device: "webgpu" }),
    ];
    const [here, there] = [await cpu.embed(texts), await gpu.embed(texts)];
    for (let i = 0; i < texts.length; i++) {
      let cosine = 0;
      for (let j = i * 384; j < (i + 1) * 384; j++) cosine += here[j]! * there[j]!;
      expect(cosine).toBeGreaterThan(0.98);
    }
    await Promise.all([cpu.close(), gpu.close()]);
  },
);
