import { openHttpEmbedder } from "../adapters/embedders/http.ts";
import { openOnnxEmbedder } from "../adapters/embedders/onnx.ts";
import type { Embedder } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { Log } from "../engine/log.ts";
import type { Tensors } from "../engine/tensors.ts";
import { type LoadedConfig, readSecret } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { pathFrom } from "./paths.ts";
import { detectorOf } from "./settings.ts";

export type OpenEmbedder = Embedder & { close?(): Promise<void> };

type Onnx = Extract<Config["embedder"], { kind: "onnx" }>;

/** The encoder of config `embedder`, opened only where a monitor has use for one. */
export async function openEmbedder(
  { config, folder }: LoadedConfig,
  tensors: Tensors,
  log: Log,
): Promise<OpenEmbedder> {
  const { embedder } = config;
  if (embedder.kind === "hash" || embedder.kind === "none") return { kind: embedder.kind };
  const wanted = Object.values(config.monitors).some((m) => "embedding" in detectorOf(m).event.shape);
  if (!wanted) return { kind: "none" };
  const opened =
    embedder.kind === "onnx" ? await openOnnx(embedder, config, folder, tensors, log) : await openHttp(embedder);
  log.info("embedder", { kind: embedder.kind, identity: opened.identity, dim: opened.dim });
  return opened;
}

function openHttp({ url, model, apiKey, dim, batch, timeoutSeconds, attempts, cacheTexts }: Http) {
  return openHttpEmbedder({
    url,
    model,
    apiKey: () => (apiKey === undefined ? null : readSecret(apiKey, process.env, "embedder.apiKey")),
    dim: dim ?? null,
    batch,
    timeoutMs: timeoutSeconds * 1000,
    attempts,
    cacheTexts,
  });
}

type Http = Extract<Config["embedder"], { kind: "http" }>;

/** On the device that computes the rest, unless the config names one; the CPU where that one is not to be had. */
async function openOnnx(embedder: Onnx, config: Config, folder: string, tensors: Tensors, log: Log) {
  const { precision, download, batch, cacheTexts } = embedder;
  const wish = { path: pathFrom(folder, embedder.path), precision, download, batch, cacheTexts };
  const device = embedder.device === "auto" ? deviceOf(tensors) : embedder.device;
  try {
    return await openOnnxEmbedder({ ...wish, device });
  } catch (error) {
    const mayFall = embedder.device === "auto" && device !== "cpu" && !config.compute.requireGpu;
    if (!mayFall || !(error instanceof TidegaugeError)) throw error;
    log.warn(`${error.message} The encoder runs on the CPU instead`, { code: error.code });
    return openOnnxEmbedder({ ...wish, device: "cpu" });
  }
}

function deviceOf({ backend, gpu }: Tensors): "cpu" | "cuda" | "webgpu" {
  if (!gpu) return "cpu";
  return backend === "tensorflow" ? "cuda" : "webgpu";
}
