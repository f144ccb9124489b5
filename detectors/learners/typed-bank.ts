import type { ModelBank, Slot } from "../../engine/model-bank.ts";
import { joinSums, splitSums, sumsLength } from "../../engine/model-sums.ts";
import { absorb, createInformation, type Information, solve, widen } from "./information.ts";

/** A bank on typed arrays: the exact one (float64), or half its size (float32 sums, solved in float64). */
export function createTypedBank(features: number, precision: "float64" | "float32" = "float64"): ModelBank {
  const open = (outputs: number, decay: number, ridge: number): TypedSlot => ({
    bank: "typed",
    info: createInformation(features, outputs, decay, ridge, precision),
  });
  return {
    features,
    precision,
    open: ({ outputs, decay, ridge }) => open(outputs, decay, ridge),
    close() {},
    widen: (slot, outputs) => widen(infoOf(slot), outputs),
    update: (batch) =>
      batch.map(({ slot, events, rows, targets }) => {
        const info = infoOf(slot);
        absorb(info, rows, targets, events);
        const weights = new Float64Array(info.outputs * features);
        const condition = solve(info, weights);
        return condition === null ? UNSOLVED : { weights, condition };
      }),
    read: (slots) =>
      slots.map((slot) => {
        const { outputs, scale, sums } = infoOf(slot);
        return splitSums(features, outputs, scale, sums);
      }),
    write(slot, sums) {
      const info = infoOf(slot);
      const length = sumsLength(features, sums.outputs);
      info.outputs = sums.outputs;
      info.scale = sums.scale;
      info.sums = precision === "float64" ? new Float64Array(length) : new Float32Array(length);
      joinSums(features, sums, info.sums);
    },
    dispose() {},
  };
}

const UNSOLVED = Object.freeze({ weights: null, condition: Number.MAX_VALUE });

/** The state of a model lies in its slot: what is dropped is collected. */
interface TypedSlot extends Slot {
  readonly info: Information;
}

function infoOf(slot: Slot): Information {
  return (slot as TypedSlot).info;
}
