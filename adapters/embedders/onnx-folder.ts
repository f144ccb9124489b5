import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TidegaugeError } from "../../engine/errors.ts";

/** Weights of one precision, by the file names that transformers.js knows. */
export const PRECISIONS = {
  q8: "model_quantized.onnx",
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  int8: "model_int8.onnx",
  uint8: "model_uint8.onnx",
  q4: "model_q4.onnx",
} as const;
export type Precision = keyof typeof PRECISIONS;

export interface ModelFolder {
  readonly path: string;
  readonly precision: Precision;
  readonly pooling: "mean" | "cls";
  /** Tokens beyond are cut off; null: as the tokenizer says. */
  readonly mostTokens: number | null;
  /** Changes with the weights, the words and the pooling. */
  readonly identity: string;
}

/** Reads what a sentence-transformer folder says of itself (config.json, tokenizer.json, onnx/, 1_Pooling/). */
export function readModelFolder(path: string, asked: Precision | undefined): ModelFolder {
  for (const file of ["config.json", "tokenizer.json"]) {
    if (!existsSync(join(path, file))) throw unusable(path, `there is no ${file}`);
  }
  const there = (Object.keys(PRECISIONS) as Precision[]).filter((p) => existsSync(join(path, "onnx", PRECISIONS[p])));
  const precision = asked ?? there[0];
  if (precision === undefined || !there.includes(precision)) {
    const wanted = asked === undefined ? "no onnx/model*.onnx" : `no onnx/${PRECISIONS[asked]}`;
    throw unusable(path, `there is ${wanted}`);
  }
  const modes = readJson(join(path, "1_Pooling", "config.json"));
  const pooling = modes.pooling_mode_cls_token === true ? "cls" : "mean";
  const length = readJson(join(path, "sentence_bert_config.json")).max_seq_length;
  const hash = createHash("sha256");
  for (const file of [join("onnx", PRECISIONS[precision]), "tokenizer.json"])
    hash.update(readFileSync(join(path, file)));
  const data = join(path, "onnx", `${PRECISIONS[precision]}_data`);
  // Weights beside the graph may be larger than a buffer: their size stands for them.
  if (existsSync(data)) hash.update(String(statSync(data).size));
  hash.update(`${pooling} ${length ?? ""}`);
  return {
    path,
    precision,
    pooling,
    mostTokens: typeof length === "number" ? length : null,
    identity: `onnx ${hash.digest("hex").slice(0, 32)}`,
  };
}

function readJson(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch {
    throw unusable(path, "it is not JSON");
  }
}

export function unusable(model: string, why: string): TidegaugeError {
  return new TidegaugeError("EMBEDDER_UNUSABLE", { model, why });
}
