import type { ModelBank, ModelSums, Slot } from "../../engine/model-bank.ts";
import { absorb, createInformation, type Information, solve, sumsLength, widen } from "./information.ts";

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
    read: (slots) => slots.map((slot) => split(infoOf(slot))),
    write(slot, sums) {
      join(infoOf(slot), sums);
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

/** Rows of the sums → triangle and moments apart. */
function split({ features, outputs, scale, sums }: Information): ModelSums {
  const gram = new Float64Array((features * (features + 1)) / 2);
  const moments = new Float64Array(features * outputs);
  for (let i = 0, from = 0, to = 0; i < features; i++) {
    const length = features - i;
    gram.set(sums.subarray(from, from + length), to);
    moments.set(sums.subarray(from + length, from + length + outputs), i * outputs);
    from += length + outputs;
    to += length;
  }
  return { outputs, scale, gram, moments };
}

function join(info: Information, { outputs, scale, gram, moments }: ModelSums): void {
  const { features } = info;
  const length = sumsLength(features, outputs);
  info.outputs = outputs;
  info.scale = scale;
  info.sums = info.sums instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  for (let i = 0, from = 0, to = 0; i < features; i++) {
    const width = features - i;
    info.sums.set(gram.subarray(from, from + width), to);
    info.sums.set(moments.subarray(i * outputs, (i + 1) * outputs), to + width);
    from += width;
    to += width + outputs;
  }
}
