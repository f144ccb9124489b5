import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mulberry32 } from "../../detectors/learners/streams.ts";
import { typedSums } from "../../detectors/learners/typed-sums.ts";
import { sumsLength } from "../../engine/model-sums.ts";
import { hasSimd } from "./wasm.ts";
import { createWasmSums } from "./wasm-sums.ts";

if (!hasSimd()) console.warn("SKIPPED: sums in WebAssembly, this runtime has no WebAssembly SIMD");
describe.runIf(hasSimd())("sums in WebAssembly", () => {
  const wasm = createWasmSums();
  const shapes = fc.record({
    features: fc.integer({ min: 1, max: 60 }),
    outputs: fc.integer({ min: 1, max: 11 }),
    events: fc.integer({ min: 0, max: 70 }),
    single: fc.boolean(),
    seed: fc.integer(),
  });

  test("are those on typed arrays, and so are the weights, to the bit", () => {
    fc.assert(
      fc.property(shapes, ({ features, outputs, events, single, seed }) => {
        const u = mulberry32(seed);
        const rows = Float64Array.from({ length: events * (features + outputs) }, () => 2 * u() - 1);
        const results = [typedSums, wasm].map((kernels) => {
          const length = sumsLength(features, outputs);
          const sums = single ? new Float32Array(length) : new Float64Array(length);
          const weights = new Float64Array(features * outputs);
          kernels.accumulate(sums, rows, events, features, outputs);
          const condition = kernels.solve(sums, 0.5, features, outputs, weights);
          return { sums, weights, condition };
        });
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 200 },
    );
  });

  test("that rounding has eaten are not solved, and what was there stays", () => {
    const weights = Float64Array.of(5, 6);
    const sums = Float64Array.of(1, 1, 1, 1, 1);
    for (const kernels of [typedSums, wasm]) expect(kernels.solve(sums, 0, 2, 1, weights)).toBeNull();
    expect([...weights]).toEqual([5, 6]);
  });
});
