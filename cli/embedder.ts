import { openHttpEmbedder } from "../adapters/embedders/http.ts";
import { openOnnxEmbedder } from "../adapters/embedders/onnx.ts";
import type { ExternalEmbedder } from "../adapters/embedders/remembering.ts";
import type { Embedder } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { Log } from "../engine/log.ts";
import type { Tensors } from "../engine/tensors.ts";
import { type LoadedConfig, readSecret } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { pathFrom } from "./paths.ts";
import { detectorOf } from "./settings.ts";

/** `device`: where onnxruntime runs it. */
export type OpenEmbedder = Embedder & { close?(): Promise<void>; readonly device?: string };

/** An endpoint may come back with other weights under the same name. */
const WEIGHTS_EVERY_MS = 600_000;

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
  const opened: ExternalEmbedder & { readonly device?: string } =
    embedder.kind === "onnx" ? await openOnnx(embedder, config, folder, tensors, log) : await openHttp(embedder);
  const { identity, dim, device } = opened;
  log.info("embedder", { kind: embedder.kind, identity, dim, ...(device && { device }) });
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
    weightsEveryMs: WEIGHTS_EVERY_MS,
  });
}

type Http = Extract<Config["embedder"], { kind: "http" }>;

/** On the device that computes the rest, unless the config names one; the CPU where that one is not to be had. */
async function openOnnx(embedder: Onnx, config: Config, folder: string, tensors: Tensors, log: Log) {
  const { precision, download, cacheTexts } = embedder;
  const wish = { path: pathFrom(folder, embedder.path), precision, download, cacheTexts };
  const devices = embedder.device === "auto" ? devicesOf(tensors, config.compute.requireGpu) : [embedder.device];
  for (const [i, device] of devices.entries()) {
    try {
      return {
        ...(await openOnnxEmbedder({ ...wish, device, batch: embedder.batch ?? (device === "cpu" ? 1 : 64) })),
        device,
      };
    } catch (error) {
      const next = devices[i + 1];
      if (next === undefined || !(error instanceof TidegaugeError)) throw error;
      log.warn(`${error.message} The encoder is tried on ${next} instead`, { code: error.code });
    }
  }
  throw new TidegaugeError("EMBEDDER_UNUSABLE", { model: embedder.path, why: "no device is left to try" });
}

/** Best first. onnxruntime brings WebGPU along, its CUDA is a download of its own. */
function devicesOf({ backend, gpu }: Tensors, requireGpu: boolean): readonly ("cpu" | "cuda" | "webgpu")[] {
  if (!gpu) return ["cpu"];
  const there = backend === "tensorflow" ? (["cuda", "webgpu"] as const) : (["webgpu"] as const);
  return requireGpu ? there : [...there, "cpu"];
}
