import { describe, expect, test } from "vitest";
import { TidegaugeError } from "../../engine/errors.ts";
import { BACKENDS, openTensors } from "./open.ts";
import { findTensorflow, hasNvidia } from "./tensorflow.ts";
import { hasSimd } from "./wasm.ts";
import { hasGraphics } from "./webgpu.ts";

const tame = !hasNvidia() && !hasGraphics();
if (!tame) console.warn("SKIPPED: what is chosen on a machine without graphics, this one has a device");

describe.runIf(tame)("on a machine without a GPU", () => {
  test("auto is the SIMD kernels, and says why nothing better", async () => {
    const { tensors, fallbacks } = await openTensors({ backend: "auto", requireGpu: false });
    expect(tensors.backend).toBe(hasSimd() ? "wasm" : "cpu");
    expect(tensors.gpu).toBe(false);
    expect(fallbacks).toEqual([
      expect.stringMatching(/^tensorflow: (not installed|no NVIDIA device here)$/),
      expect.stringMatching(/^webgpu: (not installed|no graphics device here)$/),
    ]);
  });

  test("no backend passes for a GPU", async () => {
    for (const backend of BACKENDS) {
      const opened = await openTensors({ backend, requireGpu: true }).then(
        () => null,
        (error: unknown) => error as TidegaugeError,
      );
      expect(opened, backend).toBeInstanceOf(TidegaugeError);
      expect(["GPU_REQUIRED", "BACKEND_UNAVAILABLE"], opened!.message).toContain(opened!.code);
    }
  });
});

test("a backend is what was asked for, or a clear refusal", async () => {
  for (const backend of ["tensorflow", "webgpu"] as const) {
    try {
      const { tensors, fallbacks } = await openTensors({ backend, requireGpu: false });
      expect(tensors.backend).toMatch(backend);
      expect(fallbacks.length).toBe(tensors.gpu ? 0 : 1);
      if (backend === "tensorflow") expect(tensors.device).toMatch(/TensorFlow \d/);
    } catch (error) {
      expect((error as TidegaugeError).code).toBe("BACKEND_UNAVAILABLE");
      expect((error as TidegaugeError).message).toContain("npm run native");
    }
  }
  if (findTensorflow() === null) console.warn("SKIPPED: TensorFlow itself, it is not installed");
});
