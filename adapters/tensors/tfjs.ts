import { createRequire } from "node:module";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Tensors } from "../../engine/tensors.ts";

export type Tfjs = typeof import("@tensorflow/tfjs-core");

/** TensorFlow.js with one of its backends, for code that runs on any of them. */
export interface TfjsDevice {
  readonly tf: Tfjs;
  /** Name under which TensorFlow.js knows the backend. */
  readonly name: string;
  /** What went wrong on a device that says so later than its calls; null: nothing. */
  failure?(): string | null;
}

const require = createRequire(import.meta.url);

/**
 * TensorFlow.js's plain JavaScript kernels with our matrix product in their place: several times faster, and the same
 * bits with SIMD and without. Loaded on first use.
 */
export function tfjsWith(name: string, matrix: Tensors["matrix"]): TfjsDevice {
  const tf = require("@tensorflow/tfjs-core") as Tfjs;
  const { MathBackendCPU } = require("@tensorflow/tfjs-backend-cpu") as typeof import("@tensorflow/tfjs-backend-cpu");
  const own = `tidegauge-${name}`;
  if (tf.findBackendFactory(own) === null) {
    // Else it greets on standard output.
    tf.enableProdMode();
    tf.registerBackend(own, () => new MathBackendCPU(), 0);
    tf.copyRegisteredKernels("cpu", own);
    tf.unregisterKernel("BatchMatMul", own);
    tf.registerKernel({
      kernelName: "BatchMatMul",
      backendName: own,
      kernelFunc: ({ inputs, attrs, backend }) =>
        multiply(backend as Cpu, matrix, inputs.a!, inputs.b!, attrs as unknown as Transposed),
    });
  }
  return { tf, name: own };
}

/** Makes it the one that operations run on. Backends that are ready switch at once, without a wait. */
export function use({ tf, name, failure }: TfjsDevice): void {
  const why = failure?.() ?? null;
  if (why !== null) throw new TidegaugeError("BACKEND_FAILED", { backend: name, why });
  if (tf.getBackend() !== name) void tf.setBackend(name);
}

/** What we need of the backend class. */
interface Cpu {
  readSync(id: TensorInfo["dataId"]): Float32Array;
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): TensorInfo;
}

interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** […, i, k]·[…, k, j]: either side may come transposed, and a single matrix serves a whole batch. */
function multiply(
  cpu: Cpu,
  matrix: Tensors["matrix"],
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Transposed,
): TensorInfo {
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const leadA = a.shape.slice(0, -2);
  const leadB = b.shape.slice(0, -2);
  const batchA = leadA.reduce((x, y) => x * y, 1);
  const batchB = leadB.reduce((x, y) => x * y, 1);
  const batch = Math.max(batchA, batchB);
  const i = transposeA ? columnsA : rowsA;
  const k = transposeA ? rowsA : columnsA;
  const j = transposeB ? rowsB : columnsB;
  const valuesA = cpu.readSync(a.dataId);
  const valuesB = cpu.readSync(b.dataId);
  const out = new Float32Array(batch * i * j);
  for (let n = 0; n < batch; n++) {
    const left = valuesA.subarray((n % batchA) * i * k, ((n % batchA) + 1) * i * k);
    const right = valuesB.subarray((n % batchB) * k * j, ((n % batchB) + 1) * k * j);
    const rows = matrix(transposeB ? right : transposed(right, k, j), j, k);
    out.set(rows.products(transposeA ? transposed(left, k, i) : left, i), n * i * j);
    rows.dispose();
  }
  return cpu.makeTensorInfo([...(batchA >= batchB ? leadA : leadB), i, j], "float32", out);
}

/** Row-major [rows, columns] → [columns, rows]. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}
