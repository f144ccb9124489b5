import { existsSync } from "node:fs";
import { join } from "node:path";
import { nativeFolders } from "../../engine/optional-package.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";
import { openTensors } from "./open.ts";
import { findTensorflow } from "./tensorflow.ts";
import { createWasmTensors, hasSimd } from "./wasm.ts";
import { hasGraphics, hasWebgpu } from "./webgpu.ts";

export interface BackendUnderTest {
  readonly name: string;
  readonly tensors: Tensors;
  /** How many cases of a property it can bear: a GPU in software is slow. */
  readonly runs: number;
}

export interface BackendsUnderTest {
  readonly found: readonly BackendUnderTest[];
  /** Why a backend is not among them. */
  readonly missing: readonly string[];
}

/**
 * For tests: each backend that can be had here, the device asked even for the smallest work. What cannot is named; where
 * TIDEGAUGE_EXPECT_NATIVE says that all are installed, that is an error.
 */
export async function everyBackend(): Promise<BackendsUnderTest> {
  const found: BackendUnderTest[] = [{ name: "cpu", tensors: createCpuTensors(), runs: 100 }];
  const missing: string[] = [];
  const skip = (what: string): void => {
    if (process.env.TIDEGAUGE_EXPECT_NATIVE === "1") throw new RangeError(`not tested: ${what}`);
    console.warn(`SKIPPED: ${what}`);
    missing.push(what);
  };
  if (hasSimd()) found.push({ name: "wasm", tensors: createWasmTensors(), runs: 100 });
  else skip("the SIMD kernels, this runtime has no WebAssembly SIMD");
  if (findTensorflow() !== null) {
    const { tensors } = await openTensors({ backend: "tensorflow", requireGpu: false }, 0);
    found.push({ name: "tensorflow", tensors, runs: 60 });
  } else skip("the TensorFlow backend, it is not installed (`npm run native`)");
  const software = nativeFolders().some((folder) => existsSync(join(folder, "swiftshader")));
  if (hasWebgpu() && (hasGraphics() || software)) {
    const { tensors } = await openTensors({ backend: "webgpu", requireGpu: false }, 0);
    found.push({ name: tensors.backend, tensors, runs: 8 });
  } else skip("the WebGPU backend, nothing to run it on (`npm run native -- --swiftshader`)");
  return { found, missing };
}
