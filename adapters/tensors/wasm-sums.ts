import { TidegaugeError } from "../../engine/errors.ts";
import { sumsLength } from "../../engine/model-sums.ts";
import type { SumsKernels } from "../../engine/tensors.ts";
import { type WasmApi, wasmApi } from "../../engine/wasm-api.ts";
import { MODELS_BASE64 } from "./models-bytes.ts";

/** The kernels of models.as and the memory that they work in; places are bytes. */
export interface SumsMachine {
  accumulate(sums: number, rows: number, events: number, features: number, width: number): void;
  factor(sums: number, features: number, outputs: number, leastPivot: number): number;
  substitute(sums: number, features: number, outputs: number, weights: number): void;
  /** The memory as numbers, at least so many after START. */
  room(numbers: number): Float64Array;
}

/** The kernels need none of it; a linker may. */
export const START = 1024;
export const LEAST_PIVOT = 1e-14;
const PAGE = 65536;
const bytes = Buffer.from(MODELS_BASE64, "base64");

export function startSums(): SumsMachine {
  const api: WasmApi | undefined = wasmApi;
  if (api === undefined || !api.validate(bytes)) {
    throw new TidegaugeError("BACKEND_UNAVAILABLE", { backend: "wasm", why: "this runtime has no WebAssembly SIMD" });
  }
  const memory = new api.Memory({ initial: 4, maximum: 65536 });
  const { exports } = new api.Instance(new api.Module(bytes), { env: { memory } });
  let view = new Float64Array(memory.buffer);
  return {
    ...(exports as unknown as Omit<SumsMachine, "room">),
    room(numbers) {
      const missing = START + numbers * 8 - memory.buffer.byteLength;
      if (missing > 0) {
        memory.grow(Math.ceil(missing / PAGE));
        view = new Float64Array(memory.buffer);
      }
      return view;
    },
  };
}

/** float64 by SIMD, the same bits as typed arrays give. Sums lie outside and pass through. */
export function createWasmSums(): SumsKernels {
  const machine = startSums();
  const at = START / 8;
  return {
    accumulate(sums, rows, events, features, outputs) {
      const { length } = sums;
      const width = features + outputs;
      const view = machine.room(length + events * width);
      view.set(sums, at);
      const rowsAt = at + length;
      view.set(rows.length === events * width ? rows : rows.subarray(0, events * width), rowsAt);
      machine.accumulate(at * 8, rowsAt * 8, events, features, width);
      sums.set(view.subarray(at, rowsAt));
    },
    solve(sums, ridge, features, outputs, out) {
      const length = sumsLength(features, outputs);
      const weightsAt = at + length;
      const view = machine.room(length + outputs * features);
      view.set(sums, at);
      addRidge(view, at, ridge, features, features + outputs);
      const condition = machine.factor(at * 8, features, outputs, LEAST_PIVOT);
      if (condition < 0) return null;
      machine.substitute(at * 8, features, outputs, weightsAt * 8);
      out.set(view.subarray(weightsAt, weightsAt + outputs * features));
      return condition;
    },
  };
}

/** To the diagonal of the sums that begin at `at`. */
export function addRidge(view: Float64Array, at: number, ridge: number, features: number, width: number): void {
  for (let i = 0, row = at; i < features; i++) {
    view[row] = view[row]! + ridge;
    row += width - i;
  }
}
