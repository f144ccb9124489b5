import type { Tensor3D } from "@tensorflow/tfjs-core";
import type { BankOps } from "./bank-ops.ts";
import { SOLVE, SOLVE_TOGETHER } from "./solve-shader.ts";
import type { Tfjs } from "./tfjs.ts";
import { runShader } from "./webgpu-program.ts";

/** Invocations of a workgroup that adds. */
const TOGETHER = 64;

/** Two shaders of our own: one adds in place, one factors and solves each model with a workgroup. */
export function webgpuBankOps(tf: Tfjs): BankOps {
  return {
    add(sums, index, left, right) {
      const [many, events, features] = left.shape;
      const width = right.shape[2];
      const shader = {
        key: "bank_add",
        code: ADD,
        inputs: { index, left, right },
        uniforms: { events, features, width },
        workgroups: [Math.ceil((features * width) / TOGETHER), 1, many] as const,
        together: TOGETHER,
      };
      runShader(tf, shader, sums, "float32");
      return sums;
    },
    put(sums, index, values) {
      const next = tf.tidy(() => tf.tensorScatterUpdate(sums, tf.expandDims(index, 1), values));
      sums.dispose();
      return next as Tensor3D;
    },
    solve(gram, moments, index, ridge) {
      const many = index.size;
      const [, features, outputs] = moments.shape;
      const factor = features * (features + outputs);
      const answer = (outputs + 1) * features;
      const shader = {
        key: "bank_solve",
        code: SOLVE,
        inputs: { index, ridge, gram, moments },
        uniforms: { features, outputs },
        workgroups: [many, 1, 1] as const,
        together: SOLVE_TOGETHER,
      };
      const whole = runShader(tf, shader, [many, factor + answer], "float32");
      const solved = tf.slice(whole, [0, factor], [many, answer]);
      whole.dispose();
      return solved;
    },
  };
}

const ADD = `
fn main() {
  let features = uniforms.features;
  let width = uniforms.width;
  let at = i32(globalId.x);
  if (at >= features * width) { return; }
  let n = i32(workgroupId.z);
  let to = i32(index[n]) * features * width + at;
  let first = n * uniforms.events;
  let i = at / width;
  let k = at % width;
  var sum = result[to];
  for (var r = first; r < first + uniforms.events; r++) {
    sum += left[r * features + i] * right[r * width + k];
  }
  result[to] = sum;
}`;
