import { TidegaugeError } from "../../engine/errors.ts";
import type { Matrix, Nearest, Tensors } from "../../engine/tensors.ts";
import { type WasmApi, type WasmMemory, wasmApi } from "../../engine/wasm-api.ts";
import { type Arena, createArena } from "./arena.ts";
import { createAutoencoder } from "./autoencoder.ts";
import { KERNEL_BASE64 } from "./kernel-bytes.ts";
import { tfjsWith } from "./tfjs.ts";
import { createNearest } from "./top.ts";
import { trainAutoencoder } from "./train-autoencoder.ts";
import { createWasmModelBank } from "./wasm-models.ts";
import { createWasmSums } from "./wasm-sums.ts";

type NearestKernel = (
  panels: number,
  rows: number,
  chunks: number,
  queries: number,
  count: number,
  k: number,
  products: number,
  indices: number,
) => void;

interface Machine {
  readonly arena: Arena;
  readonly nearest: NearestKernel;
  /** Growing replaces the buffer, so views are made anew for each use. */
  floats(at: number, length: number): Float32Array;
  words(at: number, length: number): Uint32Array;
}

const PAGE = 65536;
const MOST_PAGES = 65536;
/** Panels pass through the cache once per this many queries, which stay in it. */
const BATCH = 64;

const bytes = Buffer.from(KERNEL_BASE64, "base64");

/** Whether this runtime knows WebAssembly SIMD. */
export function hasSimd(): boolean {
  return wasmApi?.validate(bytes) ?? false;
}

/** Hand-written SIMD kernels; all matrices live in one WebAssembly memory. */
export function createWasmTensors(): Tensors {
  if (wasmApi === undefined || !hasSimd()) {
    throw new TidegaugeError("BACKEND_UNAVAILABLE", { backend: "wasm", why: "this runtime has no WebAssembly SIMD" });
  }
  const machine = start(wasmApi);
  const matrix: Tensors["matrix"] = (data, rows, dim) => createMatrix(machine, data, rows, dim);
  return {
    backend: "wasm",
    device: "WebAssembly SIMD",
    gpu: false,
    matrix,
    modelBank: createWasmModelBank,
    sums: createWasmSums(),
    trainAutoencoder: async (...given) => trainAutoencoder(tfjsWith("wasm", matrix), ...given),
    autoencoder: (weights) => createAutoencoder(matrix, weights),
  };
}

function start(api: WasmApi): Machine {
  const memory = new api.Memory({ initial: 1, maximum: MOST_PAGES });
  const instance = new api.Instance(new api.Module(bytes), { env: { memory } });
  return {
    arena: createArena(1024, (end) => grow(memory, end)),
    nearest: instance.exports.nearest as NearestKernel,
    floats: (at, length) => new Float32Array(memory.buffer, at, length),
    words: (at, length) => new Uint32Array(memory.buffer, at, length),
  };
}

function grow(memory: WasmMemory, end: number): void {
  const now = memory.buffer.byteLength / PAGE;
  const wanted = Math.ceil(end / PAGE);
  if (wanted <= now) return;
  const generous = Math.max(wanted, Math.min(MOST_PAGES, Math.ceil(now * 1.25)));
  if (!grew(memory, generous - now) && !grew(memory, wanted - now)) {
    const why = `its memory cannot grow to ${Math.ceil(end / 2 ** 20)} MiB`;
    throw new TidegaugeError("BACKEND_UNAVAILABLE", { backend: "wasm", why });
  }
}

function grew(memory: WasmMemory, pages: number): boolean {
  if (memory.buffer.byteLength / PAGE + pages > MOST_PAGES) return false;
  try {
    return memory.grow(pages) >= 0;
  } catch {
    return false;
  }
}

function createMatrix(machine: Machine, data: Float32Array, rows: number, dim: number): Matrix {
  const chunks = Math.ceil(dim / 4);
  const panels = Math.ceil(rows / 4);
  const size = panels * chunks * 16;
  let place: { at: number } | null = { at: machine.arena.take(size * 4) };
  pack(data, rows, dim, 4, machine.floats(place.at, size));
  return {
    rows,
    dim,
    nearest(queries, count, k): Nearest {
      const out = createNearest(count, k);
      // A disposed matrix has no place: this throws, as a use after the end should.
      const { at } = place!;
      if (k === 0) return out;
      for (let from = 0; from < count; from += BATCH) {
        const many = Math.min(BATCH, count - from);
        run(machine, at, rows, dim, queries.subarray(from * dim, (from + many) * dim), many, k, from * k, out);
      }
      return out;
    },
    products(queries, count) {
      const out = new Float32Array(count * rows);
      const { at } = place!;
      for (let from = 0; from < count; from += BATCH) {
        const many = Math.min(BATCH, count - from);
        multiply(machine, at, rows, dim, queries.subarray(from * dim, (from + many) * dim), many, from * rows, out);
      }
      return out;
    },
    dispose() {
      if (place !== null) machine.arena.give(place.at);
      place = null;
    },
  };
}

function run(
  { arena, floats, words, nearest }: Machine,
  at: number,
  rows: number,
  dim: number,
  queries: Float32Array,
  count: number,
  k: number,
  to: number,
  out: Nearest,
): void {
  const chunks = Math.ceil(dim / 4);
  const length = count * chunks * 4;
  const scratch = arena.take((length + 2 * count * k) * 4);
  const products = scratch + length * 4;
  const indices = products + count * k * 4;
  placeQueries(queries, count, dim, floats(scratch, length));
  floats(products, count * k).set(out.products.subarray(to, to + count * k));
  words(indices, count * k).set(out.indices.subarray(to, to + count * k));
  nearest(at, rows, chunks, scratch, count, k, products, indices);
  out.products.set(floats(products, count * k), to);
  out.indices.set(words(indices, count * k), to);
  arena.give(scratch);
}

function multiply(
  { arena, floats, nearest }: Machine,
  at: number,
  rows: number,
  dim: number,
  queries: Float32Array,
  count: number,
  to: number,
  out: Float32Array,
): void {
  const chunks = Math.ceil(dim / 4);
  const length = count * chunks * 4;
  const width = Math.ceil(rows / 4) * 4;
  const scratch = arena.take((length + count * width) * 4);
  const products = scratch + length * 4;
  placeQueries(queries, count, dim, floats(scratch, length));
  nearest(at, rows, chunks, scratch, count, 0, products, 0);
  const all = floats(products, count * width);
  for (let q = 0; q < count; q++) out.set(all.subarray(q * width, q * width + rows), to + q * rows);
  arena.give(scratch);
}

/** Row by row, filled up to whole chunks. */
function placeQueries(queries: Float32Array, count: number, dim: number, out: Float32Array): void {
  if (dim % 4 === 0) out.set(queries.subarray(0, count * dim));
  else pack(queries, count, dim, 1, out);
}

/** Groups of `width` rows, four elements of each in turn; what is missing of a group or of the last four is zero. */
function pack(data: Float32Array, rows: number, dim: number, width: number, out: Float32Array): void {
  const whole = dim & ~3;
  const stride = width * 4;
  const groupSize = Math.ceil(dim / 4) * stride;
  if (rows % width !== 0 || whole !== dim) out.fill(0);
  for (let row = 0; row < rows; row++) {
    let to = Math.floor(row / width) * groupSize + (row % width) * 4;
    let from = row * dim;
    for (const end = from + whole; from < end; from += 4, to += stride) {
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
      out[to + 3] = data[from + 3]!;
    }
    for (let i = whole; i < dim; i++) out[to + i - whole] = data[row * dim + i]!;
  }
}
