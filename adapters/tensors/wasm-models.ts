import type { ModelBank, ModelSpec, ModelUpdate, Slot, Solved } from "../../engine/model-bank.ts";
import { joinSums, splitSums, sumsLength, widenSums } from "../../engine/model-sums.ts";
import { addRidge, LEAST_PIVOT, START, type SumsMachine, startSums } from "./wasm-sums.ts";

/** A model's sums lie outside the WebAssembly memory: what is dropped is collected, and the memory stays small. */
interface WasmSlot extends Slot {
  readonly spec: ModelSpec;
  outputs: number;
  scale: number;
  sums: Float64Array;
}

const LEAST_SCALE = 2 ** -20;
const UNSOLVED: Solved = Object.freeze({ weights: null, condition: Number.MAX_VALUE });

/** float64 by SIMD, the same bits as typed arrays give: each model's sums pass through the cache once for its whole micro-batch. */
export function createWasmModelBank(features: number): ModelBank {
  const machine = startSums();
  return {
    features,
    precision: "float64",
    open(spec): WasmSlot {
      const sums = new Float64Array(sumsLength(features, spec.outputs));
      return { bank: "wasm", spec, outputs: spec.outputs, scale: 1, sums };
    },
    close() {},
    widen(slot, outputs) {
      const model = slot as WasmSlot;
      if (outputs <= model.outputs) return;
      const wider = new Float64Array(sumsLength(features, outputs));
      widenSums(features, model.outputs, outputs, model.sums, wider);
      model.outputs = outputs;
      model.sums = wider;
    },
    update: (batch) => batch.map((one) => update(machine, features, one)),
    read: (slots) =>
      slots.map((slot) => {
        const { outputs, scale, sums } = slot as WasmSlot;
        return splitSums(features, outputs, scale, sums);
      }),
    write(slot, sums) {
      const model = slot as WasmSlot;
      model.outputs = sums.outputs;
      model.scale = sums.scale;
      model.sums = new Float64Array(sumsLength(features, sums.outputs));
      joinSums(features, sums, model.sums);
    },
    dispose() {},
  };
}

function update(machine: SumsMachine, features: number, { slot, events, rows, targets }: ModelUpdate): Solved {
  const model = slot as WasmSlot;
  const { outputs } = model;
  const { decay, ridge } = model.spec;
  const width = features + outputs;
  const length = model.sums.length;
  const at = START / 8;
  const rowsAt = at + length;
  const weightsAt = rowsAt + events * width;
  const view = machine.room(length + events * width + outputs * features);
  if (model.scale < LEAST_SCALE && events > 0) {
    for (let i = 0; i < length; i++) model.sums[i] = model.sums[i]! * model.scale;
    model.scale = 1;
  }
  view.set(model.sums, at);
  if (events > 0) {
    let { scale } = model;
    for (let r = 0; r < events; r++) {
      scale *= decay;
      const by = 1 / Math.sqrt(scale);
      const to = rowsAt + r * width;
      for (let i = 0; i < features; i++) view[to + i] = rows[r * features + i]! * by;
      for (let c = 0; c < outputs; c++) view[to + features + c] = targets[r * outputs + c]! * by;
    }
    model.scale = scale;
    machine.accumulate(at * 8, rowsAt * 8, events, features, width);
    model.sums.set(view.subarray(at, at + length));
  }
  addRidge(view, at, ridge / model.scale, features, width);
  const condition = machine.factor(at * 8, features, outputs, LEAST_PIVOT);
  if (condition < 0) return UNSOLVED;
  machine.substitute(at * 8, features, outputs, weightsAt * 8);
  return { weights: view.slice(weightsAt, weightsAt + outputs * features), condition };
}
