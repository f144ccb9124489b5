import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { LARGE, openSearch } from "./search.ts";

const DIM = 16;
const tensors = createTensors("auto");

/** Unit vectors around 40 directions. */
function vectors(rows: number, seed: number): Float32Array {
  const random = createRandom("search", seed);
  const directions = createRandom("directions");
  const around = Array.from({ length: 40 * DIM }, () => uniform(directions) - 0.5);
  const out = new Float32Array(rows * DIM);
  for (let i = 0; i < rows; i++) {
    const from = Math.floor(uniform(random) * 40) * DIM;
    let square = 0;
    for (let d = 0; d < DIM; d++) {
      out[i * DIM + d] = around[from + d]! + 0.3 * (uniform(random) - 0.5);
      square += out[i * DIM + d]! ** 2;
    }
    for (let d = 0; d < DIM; d++) out[i * DIM + d] = out[i * DIM + d]! / Math.sqrt(square);
  }
  return out;
}

const ROWS = LARGE + 500;
const reference = vectors(ROWS, 1);
const queries = vectors(100, 2);
const search = openSearch(reference, ROWS, DIM, tensors);

test("a large reference is searched in parts that hold nearly all of the nearest rows", () => {
  const matrix = tensors.matrix(reference, ROWS, DIM);
  const exact = matrix.nearest(queries, 100, 3);
  matrix.dispose();
  const found = search.nearest(queries, 100, 3);
  let same = 0;
  for (let q = 0; q < 100; q++) {
    const wanted = new Set(exact.indices.subarray(q * 3, q * 3 + 3));
    for (const row of found.indices.subarray(q * 3, q * 3 + 3)) if (wanted.has(row)) same += 1;
  }
  expect(same / 300).toBeGreaterThan(0.9);
  const [row, product] = [found.indices[0]!, found.products[0]!];
  let sum = 0;
  for (let d = 0; d < DIM; d++) sum += queries[d]! * reference[row * DIM + d]!;
  expect(product).toBeCloseTo(sum, 5);
});

test("each query is answered alike to the bit in any batch, and by parts that were learnt anew", () => {
  const together = search.nearest(queries, 100, 24);
  const again = openSearch(reference.slice(), ROWS, DIM, tensors);
  for (let q = 0; q < 100; q += 7) {
    const alone = again.nearest(queries.slice(q * DIM, (q + 1) * DIM), 1, 24);
    expect(alone.indices).toEqual(together.indices.slice(q * 24, (q + 1) * 24));
    expect(alone.products).toEqual(together.products.slice(q * 24, (q + 1) * 24));
  }
  again.dispose();
});

test("rows that are all the same, and a query of zeros, are answered by the lowest rows first", () => {
  const flat = new Float32Array(ROWS * 4);
  for (let i = 0; i < ROWS; i++) flat[i * 4] = 1;
  const same = openSearch(flat, ROWS, 4, tensors);
  const found = same.nearest(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), 2, 3);
  expect([...found.products]).toEqual([1, 1, 1, 0, 0, 0]);
  expect([...found.indices.subarray(0, 3)]).toEqual([0, 1, 2]);
  same.dispose();
});
