import type { Tensor, Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { BankOps } from "./bank-ops.ts";
import type { Tfjs } from "./tfjs.ts";

/** Operations of TensorFlow that TensorFlow.js does not show: its addon runs any of them by name. */
interface Addon {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_ATTR_BOOL: number; readonly TF_FLOAT: number };
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly TensorLike[]): Tensor;
}

type TensorLike = Tensor | Tensor1D | Tensor3D;

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** The sums are changed in place; Cholesky and triangular solves are batched (cuSOLVER and cuBLAS on a GPU). */
export function tensorflowBankOps(tf: Tfjs): BankOps {
  const addon = tf.backend() as unknown as Addon;
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = addon.binding;
  const float: Attribute = { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT };
  const flag = (name: string, value: boolean): Attribute => ({ name, type: TF_ATTR_BOOL, value });
  const run = (name: string, inputs: readonly TensorLike[], ...more: readonly Attribute[]): Tensor =>
    addon.executeSingleOutput(name, [float, ...more], inputs);
  /** The result is the same memory under a new handle. */
  const inPlace = (name: string, sums: Tensor3D, index: Tensor1D, values: Tensor3D): Tensor3D => {
    const next = run(name, [sums, index, values]) as Tensor3D;
    sums.dispose();
    return next;
  };
  return {
    add(sums, index, left, right) {
      const values = tf.matMul<Tensor3D>(left, right, true);
      const next = inPlace("InplaceAdd", sums, index, values);
      values.dispose();
      return next;
    },
    put: (sums, index, values) => inPlace("InplaceUpdate", sums, index, values),
    solve(gram, moments, index, ridge) {
      return tf.tidy(() => {
        const g = tf.gather<Tensor3D>(gram, index);
        const diagonal = tf.add(run("MatrixDiagPart", [g]), tf.expandDims(ridge, 1));
        const l = run("Cholesky", [run("MatrixSetDiag", [g, diagonal])]);
        const y = run(
          "MatrixTriangularSolve",
          [l, tf.gather<Tensor3D>(moments, index)],
          flag("lower", true),
          flag("adjoint", false),
        );
        const w = run("MatrixTriangularSolve", [l, y], flag("lower", true), flag("adjoint", true)) as Tensor3D;
        const [many, features, outputs] = w.shape;
        const weights = tf.reshape(tf.transpose(w, [0, 2, 1]), [many, outputs * features]);
        return tf.concat([weights, tf.square(run("MatrixDiagPart", [l]))], 1);
      });
    },
  };
}
