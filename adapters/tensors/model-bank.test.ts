import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mulberry32 } from "../../detectors/learners/streams.ts";
import { createTypedBank } from "../../detectors/learners/typed-bank.ts";
import type { ModelBank, Slot, Solved } from "../../engine/model-bank.ts";
import { plainBankOps } from "./bank-ops.ts";
import { createCpuTensors } from "./cpu.ts";
import { everyBackend } from "./every-backend.ts";
import { createGrowingBank } from "./growing-bank.ts";
import { modelBankLaws } from "./model-bank-laws.ts";
import { tfjsWith, use } from "./tfjs.ts";
import { createTfjsBank } from "./tfjs-bank.ts";
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

/** TensorFlow.js in plain JavaScript, two models on a shelf. */
function plainBank(features: number): ModelBank {
  const { matrix } = createCpuTensors();
  const device = tfjsWith("cpu", matrix);
  use(device);
  return createTfjsBank(device, plainBankOps(device.tf), createTypedBank(features), features, 2);
}

describe("a bank in TensorFlow.js, by its public operations", () => modelBankLaws(plainBank, 10));

describe("a bank that moves to a device when it grows", () => {
  const growing = (features: number): ModelBank =>
    createGrowingBank(createTypedBank(features), () => plainBank(features), 3 * features ** 2);
  modelBankLaws(growing, 10);

  test("keeps what its models learnt", async () => {
    const bank = growing(4);
    const alone = createTypedBank(4);
    const spec = { outputs: 2, decay: 0.9, ridge: 1 };
    const slots: Slot[] = [];
    const others: Slot[] = [];
    const u = mulberry32(3);
    for (let n = 0; n < 6; n++) {
      slots.push(bank.open(spec));
      others.push(alone.open(spec));
      const given = slots.map(() => ({
        events: 3,
        rows: Float64Array.from({ length: 12 }, () => 2 * u() - 1),
        targets: Float64Array.from({ length: 6 }, u),
      }));
      const there = await bank.update(given.map((one, i) => ({ ...one, slot: slots[i]! })));
      const here = alone.update(given.map((one, i) => ({ ...one, slot: others[i]! }))) as readonly Solved[];
      for (const [i, { weights }] of here.entries()) {
        weights!.forEach((w, j) => {
          expect(Math.abs(there[i]!.weights![j]! - w)).toBeLessThan(1e-5);
        });
      }
    }
  });
});

const { found, missing } = await everyBackend();
for (const what of missing) test.skip(`banks of models: ${what}`);
const devices = found.filter(({ name }) => name !== "cpu" && name !== "wasm");
describe.each(devices)("a bank on $name", { timeout: 240_000 }, ({ tensors, runs }) => {
  modelBankLaws(tensors.modelBank!, Math.ceil(runs / 3));
});
