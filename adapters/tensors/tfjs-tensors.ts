import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { ModelBank } from "../../engine/model-bank.ts";
import type { Matrix, Nearest, Tensors } from "../../engine/tensors.ts";
import type { BankOps } from "./bank-ops.ts";
import { product } from "./cpu.ts";
import { createGrowingBank } from "./growing-bank.ts";
import { type Tfjs, type TfjsDevice, use } from "./tfjs.ts";
import { createTfjsBank } from "./tfjs-bank.ts";
import { createNearest, insert } from "./top.ts";
import { trainAutoencoder } from "./train-autoencoder.ts";

export interface TfjsIdentity {
  readonly backend: string;
  readonly device: string;
  readonly gpu: boolean;
  /** Whether results can be had without waiting for a turn of the event loop. */
  readonly sync: boolean;
  readonly bank: BankOps;
  /** Where the device finds the largest of each row faster than TensorFlow.js does. */
  readonly top?: LargestOf;
}

/**
 * The `wide` largest numbers of each row, in falling order, and after them their columns: [rows, 2·wide]; column −1 for what is
 * no number.
 */
export type LargestOf = (products: Tensor2D, wide: number) => Tensor2D;

/** Candidates beyond k that the device names. */
const MARGIN = 8;
/** Products that lie closer than this part of |query|·|longest row| may change places in float32. */
const ROUNDING = 1e-5;
/** Below so many multiplications a call to the device costs more than it saves. */
export const LEAST_WORK = 2 ** 24;
/** Banks of fewer numbers, S·D², are updated faster by the CPU. */
const LEAST_BANK = 2 ** 22;
/** Row numbers beyond are no float32. */
const MOST_ROWS = 2 ** 24;
/** Products held on the device at once: 64 MiB. */
const MOST_PRODUCTS = 2 ** 24;

/**
 * Large searches and training on TensorFlow.js, everything small on the CPU kernels of `base`. The device finds
 * candidates; their products are computed again here in the order of the CPU kernels, so every backend gives the same
 * bits. Where more rows than the candidates lie within rounding of the last one kept, the CPU decides.
 */
export function createTfjsTensors(
  base: Tensors,
  device: TfjsDevice,
  identity: TfjsIdentity,
  least: number = LEAST_WORK,
): Tensors {
  const { bank, sync, top, ...names } = identity;
  const largest = top ?? plainLargest(device.tf);
  return {
    ...names,
    ...(base.modelBank && {
      modelBank: (features) => openBank(base.modelBank!, device, bank, names.gpu, least, features),
    }),
    ...(base.sums && { sums: base.sums }),
    matrix: (data, rows, dim) => createMatrix(base, device, sync, largest, least, data, rows, dim),
    trainAutoencoder: (...given) => trainAutoencoder(device, ...given),
    autoencoder: (weights) => base.autoencoder(weights),
  };
}

/** On the CPU while models are few, and for good where the device is no GPU, unless `least` says that everything is for it. */
function openBank(
  here: (features: number) => ModelBank,
  device: TfjsDevice,
  ops: BankOps,
  gpu: boolean,
  least: number,
  features: number,
): ModelBank {
  const there = (): ModelBank => createTfjsBank(device, ops, here(features), features);
  if (least === 0) return there();
  return gpu ? createGrowingBank(here(features), there, LEAST_BANK) : here(features);
}

function createMatrix(
  base: Tensors,
  device: TfjsDevice,
  sync: boolean,
  largest: LargestOf,
  least: number,
  data: Float32Array,
  rows: number,
  dim: number,
): Matrix {
  const { tf } = device;
  const near = base.matrix(data, rows, dim);
  const own = data.slice(0, rows * dim);
  // Rows that are not numbers would crowd out the others.
  const fit = rows > 0 && dim > 0 && own.every(Number.isFinite);
  const rounding = ROUNDING * longest(own, rows, dim);
  let there: Tensor2D | null = null;
  let gone = false;
  const serves = (count: number, k: number): boolean =>
    fit && !gone && rows < MOST_ROWS && k > 0 && count > 0 && count * rows * dim >= least;
  const width = (k: number): number => Math.min(rows, Math.max(2 * MARGIN, k + MARGIN));
  const some = Math.max(1, Math.floor(MOST_PRODUCTS / Math.max(1, rows)));

  const candidates = (queries: Float32Array, many: number, k: number): Tensor2D => {
    use(device);
    there ??= tf.tensor2d(own, [rows, dim]);
    const all = there;
    return tf.tidy(() => {
      const products = tf.matMul(tf.tensor2d(queries, [many, dim]), all, false, true);
      return largest(products as Tensor2D, width(k));
    });
  };

  /** A product of the device is off by half of `unsure` at the most. */
  const settle = (queries: Float32Array, from: number, k: number, found: ArrayLike<number>, out: Nearest): void => {
    const wide = width(k);
    const row = new Uint32Array(wide);
    for (let at = 0, q = from; at < found.length; at += 2 * wide, q++) {
      const query = queries.subarray(q * dim, (q + 1) * dim);
      const unsure = rounding * longest(query, 1, dim);
      const bound = k < wide ? found[at + k - 1]! - unsure : Number.NEGATIVE_INFINITY;
      const complete = wide === rows || found[at + wide - 1]! < bound;
      if (complete && found[at + 2 * wide - 1]! >= 0) {
        let many = 0;
        while (many < wide && found[at + many]! >= bound) row[many] = found[at + wide + many++]!;
        for (const one of row.subarray(0, many).sort())
          insert(out, q, k, one, product(queries, q * dim, own, one * dim, dim));
        continue;
      }
      const sure = near.nearest(query, 1, k);
      out.indices.set(sure.indices, q * k);
      out.products.set(sure.products, q * k);
    }
  };

  return {
    rows,
    dim,
    nearest(queries, count, k) {
      if (!sync || !serves(count, k)) return near.nearest(queries, count, k);
      const out = createNearest(count, k);
      for (let from = 0; from < count; from += some) {
        const many = Math.min(some, count - from);
        const found = candidates(queries.slice(from * dim, (from + many) * dim), many, k);
        settle(queries, from, k, found.dataSync(), out);
        found.dispose();
      }
      return out;
    },
    async search(queries, count, k) {
      if (!serves(count, k)) return near.nearest(queries, count, k);
      const asked = queries.slice(0, count * dim);
      const out = createNearest(count, k);
      for (let from = 0; from < count; from += some) {
        const many = Math.min(some, count - from);
        const found = candidates(asked.slice(from * dim, (from + many) * dim), many, k);
        const indices = await found.data();
        use(device);
        found.dispose();
        settle(asked, from, k, indices, out);
      }
      return out;
    },
    products: (queries, count) => near.products(queries, count),
    dispose() {
      near.dispose();
      gone = true;
      if (there === null) return;
      use(device);
      there.dispose();
      there = null;
    },
  };
}

export function plainLargest(tf: Tfjs): LargestOf {
  return (products, wide) => {
    const { values, indices } = tf.topk(products, wide, true);
    return tf.concat([values, tf.cast(indices, "float32")], 1) as Tensor2D;
  };
}

/** Length of the longest row. */
function longest(data: Float32Array, rows: number, dim: number): number {
  let most = 0;
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * dim; i < (row + 1) * dim; i++) square += data[i]! * data[i]!;
    most = Math.max(most, square);
  }
  return Math.sqrt(most);
}
