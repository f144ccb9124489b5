import { TidegaugeError } from "../../engine/errors.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";

export const BACKENDS = ["auto", "tensorflow", "webgpu", "wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

/** The compute layer of config `compute.backend`; `auto` takes the fastest that works here and names it in `device`. */
export function createTensors(backend: Backend): Tensors {
  if (backend === "auto" || backend === "cpu") return createCpuTensors();
  throw new TidegaugeError("BACKEND_UNAVAILABLE", { backend, why: "this version does not bring it" });
}
