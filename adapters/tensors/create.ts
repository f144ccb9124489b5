import { TidegaugeError } from "../../engine/errors.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";
import { createWasmTensors, hasSimd } from "./wasm.ts";

export const BACKENDS = ["auto", "tensorflow", "webgpu", "wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

/** The compute layer of config `compute.backend`. `auto` takes the fastest that works here; `device` names what it is. */
export function createTensors(backend: Backend): Tensors {
  switch (backend) {
    case "auto":
      return hasSimd() ? createWasmTensors() : createCpuTensors("typed arrays (this runtime has no WebAssembly SIMD)");
    case "wasm":
      return createWasmTensors();
    case "cpu":
      return createCpuTensors();
    default:
      throw new TidegaugeError("BACKEND_UNAVAILABLE", { backend, why: "this version does not bring it" });
  }
}
