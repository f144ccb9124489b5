import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Tfjs } from "./tfjs.ts";

/** A compute shader of our own, run as TensorFlow.js runs its own. */
export interface Shader {
  /** Names the code: two codes never share it. */
  readonly key: string;
  /** WGSL with `fn main()`; the inputs are arrays under their names, `result` is the output, `uniforms` holds the integers. */
  readonly code: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
  /** Invocations of a workgroup. */
  readonly together: number;
}

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
    dtype: "float32" | "int32",
    uniforms: readonly { readonly type: "int32"; readonly data: readonly number[] }[],
    output?: TensorInfo,
  ): TensorInfo;
}

/** Into a new tensor of that shape, or in place into the one given. */
export function runShader(
  tf: Tfjs,
  shader: Shader,
  output: readonly number[] | Tensor,
  dtype: "float32" | "int32",
): Tensor {
  const { key, code, inputs, uniforms, workgroups, together } = shader;
  const inPlace = "shape" in output ? output : undefined;
  const program: Program = {
    variableNames: Object.keys(inputs),
    outputShape: [...(inPlace?.shape ?? (output as readonly number[]))],
    shaderKey: `tidegauge_${key}`,
    // Workgroups are numbered here, not by the shape of the output.
    dispatchLayout: { x: [0], y: [1], z: [2] },
    dispatch: workgroups,
    workgroupSize: [together, 1, 1],
    uniforms: Object.keys(uniforms)
      .map((name) => `${name} : i32, `)
      .join(""),
    getUserCode: () => code,
  };
  const backend = tf.backend() as unknown as WebgpuBackend;
  const numbers = Object.values(uniforms).map((value) => ({ type: "int32" as const, data: [value] }));
  const info = backend.runWebGPUProgram(program, Object.values(inputs), dtype, numbers, inPlace);
  return inPlace ?? tf.engine().makeTensorFromTensorInfo(info);
}
