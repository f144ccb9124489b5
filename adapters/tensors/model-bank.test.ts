import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mulberry32 } from "../../detectors/learners/streams.ts";
import { createTypedBank } from "../../detectors/learners/typed-bank.ts";
import { modelBankLaws } from "./model-bank-laws.ts";
import { hasSimd } from "./wasm.ts";
import { createWasmModelBank } from "./wasm-models.ts";

describe("a bank on typed arrays, float64", () => modelBankLaws((features) => createTypedBank(features)));
describe("a bank on typed arrays, float32", () => modelBankLaws((features) => createTypedBank(features, "float32")));

if (!hasSimd()) console.warn("SKIPPED: the bank in WebAssembly, this runtime has no WebAssembly SIMD");
describe.runIf(hasSimd())("a bank in WebAssembly", () => {
  modelBankLaws(createWasmModelBank);

  test("gives the typed arrays' answer to the bit", () => {
    const shapes = fc.record({
      features: fc.integer({ min: 1, max: 40 }),
      outputs: fc.integer({ min: 1, max: 5 }),
      events: fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 }),
      decay: fc.constantFrom(1, 0.994, 0.5),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(shapes, ({ features, outputs, events, decay, seed }) => {
        const spec = { outputs, decay, ridge: 1 };
        const banks = [createTypedBank(features), createWasmModelBank(features)].map((bank) => ({
          bank,
          slot: bank.open(spec),
        }));
        const u = mulberry32(seed);
        for (const many of events) {
          const rows = Float64Array.from({ length: many * features }, () => 2 * u() - 1);
          const targets = Float64Array.from({ length: many * outputs }, () => 2 * u() - 1);
          const [a, b] = banks.map(({ bank, slot }) => bank.update([{ slot, events: many, rows, targets }]));
          expect(b).toEqual(a);
        }
        const [a, b] = banks.map(({ bank, slot }) => bank.read([slot]));
        expect(b).toEqual(a);
      }),
    );
  });
});
