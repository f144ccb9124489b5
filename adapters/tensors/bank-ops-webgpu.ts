import type { Tensor, Tensor3D, TensorInfo } from "@tensorflow/tfjs-core";
import type { BankOps } from "./bank-ops.ts";
import type { Tfjs } from "./tfjs.ts";

/** A compute shader in the form in which TensorFlow.js runs its own. */
interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: number[];
  readonly shaderKey: string;
  readonly dispatchLayout: { readonly x: number[]; readonly y: number[]; readonly z: number[] };
  dispatch: readonly [number, number, number];
  readonly workgroupSize: readonly [number, number, number];
  readonly uniforms: string;
  getUserCode(): string;
}

interface WebgpuBackend {
  runWebGPUProgram(
    program: Program,
    inputs: readonly TensorInfo[],
    dtype: "float32",
    uniforms: readonly { readonly type: "int32"; readonly data: readonly number[] }[],
    output?: TensorInfo,
  ): TensorInfo;
}

/** Invocations of a workgroup. */
const TOGETHER = 64;

/** Two shaders of our own: one adds in place, one factors and solves each model with a workgroup. */
export function webgpuBankOps(tf: Tfjs): BankOps {
  const backend = tf.backend() as unknown as WebgpuBackend;
  const ints = (...data: number[]) => data.map((value) => ({ type: "int32" as const, data: [value] }));
  return {
    add(sums, index, left, right) {
      const [many, events, features] = left.shape;
      const width = right.shape[2];
      const program: Program = {
        variableNames: ["index", "left", "right"],
        outputShape: sums.shape,
        shaderKey: "tidegauge_bank_add",
        dispatchLayout: { x: [0], y: [1], z: [2] },
        dispatch: [Math.ceil((features * width) / TOGETHER), 1, many],
        workgroupSize: [TOGETHER, 1, 1],
        uniforms: "events : i32, features : i32, width : i32, ",
        getUserCode: () => ADD,
      };
      backend.runWebGPUProgram(program, [index, left, right], "float32", ints(events, features, width), sums);
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
      const program: Program = {
        variableNames: ["index", "ridge", "gram", "moments"],
        outputShape: [many, factor + answer],
        shaderKey: "tidegauge_bank_solve",
        dispatchLayout: { x: [0], y: [1], z: [] },
        dispatch: [many, 1, 1],
        workgroupSize: [TOGETHER, 1, 1],
        uniforms: "features : i32, outputs : i32, ",
        getUserCode: () => SOLVE,
      };
      const whole = tensorOf(
        tf,
        backend.runWebGPUProgram(program, [index, ridge, gram, moments], "float32", ints(features, outputs)),
      );
      const solved = tf.slice(whole, [0, factor], [many, answer]);
      whole.dispose();
      return solved;
    },
  };
}

function tensorOf(tf: Tfjs, info: TensorInfo): Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
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

/**
 * As on the CPU: U row by row with Y beside it, then W from UW = Y, last row first. A workgroup has a model, its
 * invocations share the columns.
 */
const SOLVE = `
fn main() {
  let features = uniforms.features;
  let outputs = uniforms.outputs;
  let width = features + outputs;
  let n = i32(workgroupId.x);
  let t = i32(localId.x);
  let u = n * (features * width + (outputs + 1) * features);
  let w = u + features * width;
  let pivots = w + outputs * features;
  let g = i32(index[n]) * features * features;
  let q = i32(index[n]) * features * outputs;
  for (var i = 0; i < features; i++) {
    for (var j = i + t; j < width; j += ${TOGETHER}) {
      var x = 0.0;
      if (j < features) { x = gram[g + i * features + j]; } else { x = moments[q + i * outputs + j - features]; }
      if (j == i) { x += ridge[n]; }
      for (var k = 0; k < i; k++) { x -= result[u + k * width + i] * result[u + k * width + j]; }
      result[u + i * width + j] = x;
    }
    storageBarrier();
    workgroupBarrier();
    let pivot = result[u + i * width + i];
    storageBarrier();
    workgroupBarrier();
    let by = 1.0 / sqrt(pivot);
    for (var j = i + t; j < width; j += ${TOGETHER}) { result[u + i * width + j] *= by; }
    if (t == 0) { result[pivots + i] = pivot; }
    storageBarrier();
    workgroupBarrier();
  }
  for (var k = features - 1; k >= 0; k--) {
    for (var c = t; c < outputs; c += ${TOGETHER}) {
      result[w + c * features + k] = result[u + k * width + features + c] / result[u + k * width + k];
    }
    storageBarrier();
    workgroupBarrier();
    for (var at = t; at < k * outputs; at += ${TOGETHER}) {
      let j = at / outputs;
      let c = at % outputs;
      result[u + j * width + features + c] -= result[u + j * width + k] * result[w + c * features + k];
    }
    storageBarrier();
    workgroupBarrier();
  }
}`;
