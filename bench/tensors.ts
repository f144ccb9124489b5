/** Three nearest rows per query, batches of 64: `node --import tsx bench/tensors.ts [backend …]`. */
import { type Backend, openTensors } from "../adapters/tensors/open.ts";

const SHAPES = [
  { rows: 1500, dim: 128 },
  { rows: 1500, dim: 384 },
  { rows: 4000, dim: 384 },
  { rows: 20_000, dim: 384 },
] as const;
const BATCH = 64;
const K = 3;

const backends = (process.argv.length > 2 ? process.argv.slice(2) : ["wasm", "cpu"]) as Backend[];
const copy = copyBandwidth();
console.log(`process CPU, best of 5; copy bandwidth of this machine now: ${copy.toFixed(1)} GB/s (read + write)`);
for (const backend of backends) {
  const { tensors } = await openTensors({ backend, requireGpu: false });
  for (const { rows, dim } of SHAPES) {
    for (const count of [BATCH, 1]) {
      const matrix = tensors.matrix(random(rows * dim), rows, dim);
      const queries = random(count * dim);
      matrix.nearest(queries, count, K);
      const calls = Math.max(1, Math.round((backend === "cpu" ? 1e8 : 1e9) / (count * rows * dim)));
      const us = bestOf(5, () => {
        for (let i = 0; i < calls; i++) matrix.nearest(queries, count, K);
      });
      const perQuery = us / calls / count;
      // What the products read if nothing were kept in a cache or a register: the measure of the tiling.
      const gigabytes = (rows * dim * 4) / perQuery / 1000;
      console.log(
        `${tensors.backend} (${tensors.device})  R=${rows} d=${dim} batch=${count}: ${perQuery.toFixed(1)} µs per query, ` +
          `${gigabytes.toFixed(1)} GB/s of rows = ${(gigabytes / copy).toFixed(2)} × copy, ` +
          `${((rows * dim * 2) / perQuery / 1000).toFixed(1)} Gflop/s`,
      );
      matrix.dispose();
    }
  }
}

function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => Math.random() - 0.5);
}

function bestOf(times: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    best = Math.min(best, used.user + used.system);
  }
  return best;
}

function copyBandwidth(): number {
  const from = new Float64Array(2 ** 24).fill(1);
  const to = new Float64Array(2 ** 24);
  to.set(from);
  const us = bestOf(5, () => {
    for (let i = 0; i < 4; i++) to.set(from);
  });
  return (4 * 2 * from.byteLength) / us / 1000;
}
