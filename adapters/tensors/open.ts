import { TidegaugeError } from "../../engine/errors.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { tensorflowBankOps } from "./bank-ops-tensorflow.ts";
import { webgpuBankOps } from "./bank-ops-webgpu.ts";
import { createTensors } from "./create.ts";
import { webgpuLargest } from "./largest-webgpu.ts";
import { findTensorflow, hasNvidia, openTensorflow } from "./tensorflow.ts";
import { createTfjsTensors } from "./tfjs-tensors.ts";
import { hasGraphics, hasWebgpu, openWebgpu } from "./webgpu.ts";

export const BACKENDS = ["auto", "tensorflow", "webgpu", "wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

export interface ComputeWish {
  readonly backend: Backend;
  /** Refuse to compute on anything but a GPU. */
  readonly requireGpu: boolean;
}

export interface Opened {
  readonly tensors: Tensors;
  /** What was tried before and why it was not taken, or what computes on the CPU instead of a GPU, in words. */
  readonly fallbacks: readonly string[];
  /** A device that could compute is here, and is not used. */
  readonly idleDevice: boolean;
}

/**
 * The compute layer of config `compute`, chosen once at start. `auto`: TensorFlow if it has a real GPU, else WebGPU on
 * a real adapter, else the SIMD kernels.
 */
export async function openTensors({ backend, requireGpu }: ComputeWish, least?: number): Promise<Opened> {
  const fallbacks: string[] = [];
  const tensors = backend === "auto" ? await openBest(fallbacks, least) : await openNamed(backend, least);
  const cpuWanted = backend === "cpu" || backend === "wasm";
  if (requireGpu && !tensors.gpu) {
    const tried = fallbacks.length === 0 ? "" : ` (${fallbacks.join("; ")})`;
    throw new TidegaugeError("GPU_REQUIRED", { backend: tensors.backend, device: `${tensors.device}${tried}` });
  }
  if (backend !== "auto" && !cpuWanted && !tensors.gpu) fallbacks.push(`${backend}: on no GPU, ${tensors.device}`);
  const idleDevice = !cpuWanted && !tensors.gpu && (hasNvidia() || (process.platform === "linux" && hasGraphics()));
  return { tensors, fallbacks, idleDevice };
}

async function openNamed(backend: Backend, least: number | undefined): Promise<Tensors> {
  const base = createTensors(backend === "tensorflow" || backend === "webgpu" ? "auto" : backend);
  if (backend === "tensorflow") {
    const opened = openTensorflow();
    const { gpu, device } = opened;
    return createTfjsTensors(
      base,
      opened,
      { backend, device, gpu, sync: true, bank: tensorflowBankOps(opened.tf) },
      least,
    );
  }
  if (backend === "webgpu") {
    const opened = await openWebgpu();
    const { software, device } = opened;
    const name = software ? "webgpu-software" : "webgpu";
    return createTfjsTensors(
      base,
      opened,
      {
        backend: name,
        device,
        gpu: !software,
        sync: false,
        bank: webgpuBankOps(opened.tf),
        top: webgpuLargest(opened.tf),
      },
      least,
    );
  }
  return base;
}

async function openBest(fallbacks: string[], least: number | undefined): Promise<Tensors> {
  const ways = [
    { backend: "tensorflow", there: findTensorflow() !== null, device: hasNvidia(), lacks: "no NVIDIA device" },
    { backend: "webgpu", there: hasWebgpu(), device: hasGraphics(), lacks: "no graphics device" },
  ] as const;
  for (const { backend, there, device, lacks } of ways) {
    if (!there) fallbacks.push(`${backend}: not installed`);
    else if (!device) fallbacks.push(`${backend}: ${lacks} here`);
    else {
      try {
        const tensors = await openNamed(backend, least);
        if (tensors.gpu) return tensors;
        fallbacks.push(`${backend}: on no GPU, ${tensors.device}`);
      } catch (error) {
        if (!(error instanceof TidegaugeError)) throw error;
        fallbacks.push(`${backend}: ${error.details.why}`);
      }
    }
  }
  return createTensors("auto");
}
