import type { Tensors } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";
import { createWasmTensors, hasSimd } from "./wasm.ts";

/** What computes on the CPU with nothing installed: `auto` takes SIMD where the runtime has it. All others: open.ts. */
export function createTensors(backend: "auto" | "wasm" | "cpu"): Tensors {
  if (backend === "wasm") return createWasmTensors();
  if (backend === "cpu") return createCpuTensors();
  return hasSimd() ? createWasmTensors() : createCpuTensors("typed arrays (this runtime has no WebAssembly SIMD)");
}
