import type { Tensor, Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./tfjs.ts";

/** What a bank asks of its device. Sums of S models lie in one tensor [S, D, K]; `index` names models, each once. */
export interface BankOps {
  /** Model index[n] += left[n]ᵀ·right[n]; left: [n, b, D], right: [n, b, K]. Takes `sums` and gives what to go on with. */
  add(sums: Tensor3D, index: Tensor1D, left: Tensor3D, right: Tensor3D): Tensor3D;
  /** Model index[n] becomes values[n], [n, D, K]. Takes `sums` and gives what to go on with. */
  put(sums: Tensor3D, index: Tensor1D, values: Tensor3D): Tensor3D;
  /**
   * (gram + ridge·I)W = moments for the models named; ridge: [n]. Result [n, (C + 1)·D]: W by outputs, and then the squared
   * diagonal of the Cholesky factor, not a number or not positive where there is none. Absent: models are solved on the CPU.
   */
  readonly solve?: (gram: Tensor3D, moments: Tensor3D, index: Tensor1D, ridge: Tensor1D) => Tensor;
}

/** By the public operations, on whatever backend is set: the sums are copied whole. */
export function plainBankOps(tf: Tfjs): BankOps {
  const put: BankOps["put"] = (sums, index, values) => {
    const next = tf.tidy(() => tf.tensorScatterUpdate(sums, tf.expandDims(index, 1), values));
    sums.dispose();
    return next as Tensor3D;
  };
  return {
    put,
    add(sums, index, left, right) {
      const values = tf.tidy(() => tf.add<Tensor3D>(tf.gather(sums, index), tf.matMul(left, right, true)));
      const next = put(sums, index, values);
      values.dispose();
      return next;
    },
  };
}
