import type { SumsKernels } from "../../engine/tensors.ts";
import { accumulate, cholesky, substitute } from "./triangle.ts";

let single = new Float64Array(0);
let factor = new Float64Array(0);

/** On typed arrays: what computes where the backend brings nothing better. */
export const typedSums: SumsKernels = {
  accumulate(sums, rows, events, features, outputs) {
    const width = features + outputs;
    if (sums instanceof Float64Array) {
      accumulate(sums, rows, events, features, width);
      return;
    }
    if (single.length < sums.length) single = new Float64Array(sums.length);
    single.set(sums);
    accumulate(single, rows, events, features, width);
    sums.set(single.length === sums.length ? single : single.subarray(0, sums.length));
  },
  solve(sums, ridge, features, outputs, out) {
    if (factor.length < sums.length) factor = new Float64Array(sums.length);
    factor.set(sums);
    for (let i = 0, row = 0; i < features; i++) {
      factor[row] = factor[row]! + ridge;
      row += features - i + outputs;
    }
    const condition = cholesky(factor, features, outputs);
    if (condition !== null) substitute(factor, features, outputs, out);
    return condition;
  },
};
