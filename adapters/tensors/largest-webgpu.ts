import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./tfjs.ts";
import { type LargestOf, plainLargest } from "./tfjs-tensors.ts";
import { runShader } from "./webgpu-program.ts";

const TOGETHER = 256;
/** Numbers an invocation keeps in registers; more are for TensorFlow.js. */
const MOST = 32;

/**
 * One reading of the numbers: a workgroup has a row, its invocations keep the largest of their columns in order, and the
 * largest of all their first ones is taken `wide` times.
 */
export function webgpuLargest(tf: Tfjs): LargestOf {
  return (products, wide) => {
    const [many, columns] = products.shape;
    if (wide > MOST) return plainLargest(tf)(products, wide);
    const shader = {
      key: `largest_${wide}`,
      code: largest(wide),
      inputs: { products },
      uniforms: { columns },
      workgroups: [many, 1, 1] as const,
      together: TOGETHER,
    };
    return runShader(tf, shader, [many, 2 * wide], "float32") as Tensor2D;
  };
}

const largest = (wide: number): string => `
var<workgroup> value : array<f32, ${TOGETHER}>;
var<workgroup> owner : array<i32, ${TOGETHER}>;

fn main() {
  let columns = uniforms.columns;
  let q = i32(workgroupId.x);
  let t = i32(localId.x);
  var kept : array<f32, ${wide}>;
  var column : array<i32, ${wide}>;
  var many = 0;
  for (var j = t; j < columns; j += ${TOGETHER}) {
    let x = products[q * columns + j];
    // What is no number is above nothing.
    if (!(x >= -3.4e38)) { continue; }
    if (many == ${wide} && x <= kept[${wide - 1}]) { continue; }
    var at = min(many, ${wide - 1});
    while (at > 0 && kept[at - 1] < x) {
      kept[at] = kept[at - 1];
      column[at] = column[at - 1];
      at--;
    }
    kept[at] = x;
    column[at] = j;
    many = min(many + 1, ${wide});
  }
  let to = 2 * ${wide} * q;
  var next = 0;
  for (var i = 0; i < ${wide}; i++) {
    value[t] = 0.0;
    owner[t] = -1;
    if (next < many) {
      value[t] = kept[next];
      owner[t] = t;
    }
    workgroupBarrier();
    for (var half = ${TOGETHER / 2}; half > 0; half /= 2) {
      if (t < half && owner[t + half] >= 0 && (owner[t] < 0 || value[t + half] > value[t])) {
        value[t] = value[t + half];
        owner[t] = owner[t + half];
      }
      workgroupBarrier();
    }
    let best = owner[0];
    if (t == 0 && best < 0) { result[to + ${wide} + i] = -1.0; }
    if (t == best) {
      result[to + i] = kept[next];
      result[to + ${wide} + i] = f32(column[next]);
      next++;
    }
    workgroupBarrier();
  }
}`;
