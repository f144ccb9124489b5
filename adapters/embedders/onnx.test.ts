import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TidegaugeError } from "../../engine/errors.ts";
import { findPackage } from "../../engine/optional-package.ts";
import { openOnnxEmbedder } from "./onnx.ts";
import { readModelFolder } from "./onnx-folder.ts";

const models = process.env.MODELS_DIR ?? "";
const path = join(models, "all-MiniLM-L6-v2");
const here = existsSync(path) && findPackage("@huggingface/transformers") !== null;
if (!here) console.warn("SKIPPED: the sentence encoder itself, it needs MODELS_DIR and `npm run native`");

const wish = {
  path,
  precision: undefined,
  download: undefined,
  device: "cpu",
  batch: 1,
  cacheTexts: 100,
} as const;

describe.runIf(here)("a sentence transformer on this machine", () => {
  test("puts what means the same together, in unit vectors of the model's dimension", async () => {
    const embedder = await openOnnxEmbedder(wish);
    expect(embedder.dim).toBe(384);
    expect(embedder.identity).toMatch(/^onnx [0-9a-f]{32}$/);
    const texts = ["where is my card", "my card has not arrived", "what is the weather like in Paris", ""];
    const out = await embedder.embed(texts);
    const cosine = (a: number, b: number): number =>
      out.subarray(a * 384, (a + 1) * 384).reduce((sum, v, i) => sum + v * out[b * 384 + i]!, 0);
    for (let i = 0; i < texts.length; i++) expect(cosine(i, i)).toBeCloseTo(1, 5);
    expect(cosine(0, 1)).toBeGreaterThan(cosine(0, 2) + 0.3);
    await embedder.close();
  });

  test("gives a text the same bits whatever comes with it, known or not", async () => {
    const [one, other] = [await openOnnxEmbedder(wish), await openOnnxEmbedder({ ...wish, cacheTexts: 0 })];
    const texts = Array.from({ length: 20 }, (_, i) => `${"please ".repeat(i % 5)}tell me about number ${i}`);
    const together = await one.embed(texts);
    expect(await one.embed(texts)).toEqual(together);
    for (const [i, text] of texts.entries()) {
      expect(await other.embed([text])).toEqual(together.slice(i * 384, (i + 1) * 384));
    }
    await Promise.all([one.close(), other.close()]);
  });

  test("cuts a text that is longer than the model reads", async () => {
    const embedder = await openOnnxEmbedder(wish);
    expect((await embedder.embed(["word ".repeat(3000)])).every(Number.isFinite)).toBe(true);
    await embedder.close();
  });

  test("is another model when its words are others", () => {
    const copy = mkdtempSync(join(tmpdir(), "tidegauge-model-"));
    try {
      cpSync(path, copy, { recursive: true });
      expect(readModelFolder(copy, undefined).identity).toBe(readModelFolder(path, undefined).identity);
      writeFileSync(join(copy, "tokenizer.json"), "{}");
      expect(readModelFolder(copy, undefined).identity).not.toBe(readModelFolder(path, undefined).identity);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});

test("a folder that is no model is refused with what it lacks", async () => {
  const empty = mkdtempSync(join(tmpdir(), "tidegauge-model-"));
  try {
    const why = (): string => {
      try {
        readModelFolder(empty, "q8");
        return "none";
      } catch (error) {
        return (error as TidegaugeError).message;
      }
    };
    expect(why()).toContain("there is no config.json");
    writeFileSync(join(empty, "config.json"), "{}");
    writeFileSync(join(empty, "tokenizer.json"), "{}");
    expect(why()).toContain("no onnx/model_quantized.onnx");
    await expect(openOnnxEmbedder({ ...wish, path: empty })).rejects.toMatchObject({ code: "EMBEDDER_UNUSABLE" });
  } finally {
    rmSync(empty, { recursive: true });
  }
});
