import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Matrix, Nearest } from "../../engine/tensors.ts";
import { createCpuTensors } from "./cpu.ts";
import { everyBackend } from "./every-backend.ts";
import { NO_ROW } from "./top.ts";

const { found, missing } = await everyBackend();
for (const what of missing) test.skip(`tensors: ${what}`);

interface Case {
  readonly dim: number;
  readonly rows: number;
  readonly count: number;
  readonly k: number;
  readonly data: Float32Array;
  readonly queries: Float32Array;
}

/** Few distinct values, so that ties happen; sizes around the borders of tiles, chunks and batches. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    dim: fc.integer({ min: 1, max: 21 }),
    rows: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 31, max: 70 })),
    count: fc.oneof(fc.integer({ min: 0, max: 7 }), fc.constantFrom(63, 64, 65, 130)),
    k: fc.integer({ min: 1, max: 6 }),
    coarse: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 30 }),
  })
  .map(({ dim, rows, count, k, coarse, seed }) => {
    const next = numbers(seed, coarse);
    return { dim, rows, count, k, data: fill(rows * dim, next), queries: fill(count * dim, next) };
  });

// A GPU in software on a busy machine takes its time.
describe.each(found)("tensors on $name", { timeout: 240_000 }, ({ tensors, runs }) => {
  const stride = runs < 20 ? 40 : 7;
  const search = async (matrix: Matrix, queries: Float32Array, count: number, k: number): Promise<Nearest> => {
    const found = matrix.nearest(queries, count, k);
    if (matrix.search) expect(await matrix.search(queries, count, k)).toEqual(found);
    return found;
  };
  const nearest = async (c: Case): Promise<Nearest> => {
    const matrix = tensors.matrix(c.data, c.rows, c.dim);
    const found = await search(matrix, c.queries, c.count, c.k);
    matrix.dispose();
    return found;
  };

  test("finds the largest products, largest first, ties to the lowest row", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const found = await nearest(c);
        for (let q = 0; q < c.count; q++) {
          const exact = Array.from({ length: c.rows }, (_, row) => ({ row, product: exactProduct(c, q, row) }));
          const kept = Math.min(c.k, c.rows);
          const rows = Array.from(found.indices.subarray(q * c.k, q * c.k + kept));
          const products = Array.from(found.products.subarray(q * c.k, q * c.k + kept));
          expect(new Set(rows).size).toBe(kept);
          const wrong = rows.filter((row, i) => {
            if (Math.abs(products[i]! - exact[row]!.product) >= 1e-4) return true;
            const before = products[i - 1] ?? Number.POSITIVE_INFINITY;
            return !(before > products[i]! || (before === products[i]! && rows[i - 1]! < row));
          });
          expect(wrong).toEqual([]);
          const least = products.at(-1) ?? Number.POSITIVE_INFINITY;
          const missed = exact.filter(({ row, product }) => product >= least + 1e-4 && !rows.includes(row));
          expect(missed).toEqual([]);
        }
      }),
      { numRuns: runs },
    );
  });

  test("answers each query the same to the bit whatever else is in the batch", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const matrix = tensors.matrix(c.data, c.rows, c.dim);
        const together = await search(matrix, c.queries, c.count, c.k);
        for (let q = 0; q < c.count; q += stride) {
          const alone = await search(matrix, c.queries.slice(q * c.dim, (q + 1) * c.dim), 1, c.k);
          expect(bits(alone.products)).toEqual(bits(together.products.slice(q * c.k, (q + 1) * c.k)));
          expect(alone.indices).toEqual(together.indices.slice(q * c.k, (q + 1) * c.k));
        }
        matrix.dispose();
      }),
      { numRuns: runs },
    );
  });

  test("gives the cpu's answer to the bit", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const found = await nearest(c);
        const expected = createCpuTensors().matrix(c.data, c.rows, c.dim).nearest(c.queries, c.count, c.k);
        expect(found.indices).toEqual(expected.indices);
        expect(bits(found.products)).toEqual(bits(expected.products));
      }),
      { numRuns: runs },
    );
  });

  test("gives the cpu's answer to the bit at the sizes of sentence embeddings", async () => {
    for (const [dim, rows, count] of [
      [128, 203, 67],
      [384, 203, 67],
      [16, 9001, 5],
    ] as const) {
      const next = numbers(dim, false);
      const c = { dim, rows, count, k: 3, data: fill(rows * dim, next), queries: fill(count * dim, next) };
      const expected = createCpuTensors().matrix(c.data, c.rows, c.dim).nearest(c.queries, c.count, c.k);
      expect(await nearest(c)).toEqual(expected);
    }
  });

  test("leaves places that no row fills marked", async () => {
    const found = await search(tensors.matrix(Float32Array.of(1, 2), 1, 2), Float32Array.of(3, 4), 1, 3);
    expect(Array.from(found.indices)).toEqual([0, NO_ROW, NO_ROW]);
    expect(Array.from(found.products)).toEqual([11, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  test("does not take products that are not numbers", async () => {
    const some = tensors.matrix(Float32Array.of(Number.NaN, 1, 2), 3, 1);
    expect(Array.from((await search(some, Float32Array.of(1), 1, 2)).indices)).toEqual([2, 1]);
    const none = await search(tensors.matrix(Float32Array.of(1, 2), 2, 1), Float32Array.of(Number.NaN), 1, 1);
    expect(Array.from(none.indices)).toEqual([NO_ROW]);
  });

  test("keeps its own copy of the rows", async () => {
    const data = Float32Array.of(1, 2, 3);
    const matrix = tensors.matrix(data, 3, 1);
    data.fill(9);
    expect(Array.from((await search(matrix, Float32Array.of(1), 1, 1)).products)).toEqual([3]);
  });

  test("keeps many matrices apart while others come, grow and go", async () => {
    const given = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 700 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(given, async (steps) => {
        const alive: { value: number; rows: number; matrix: Matrix }[] = [];
        for (const [i, [add, rows]] of steps.entries()) {
          if (add) {
            alive.push({
              value: i + 1,
              rows,
              matrix: tensors.matrix(new Float32Array(rows * 64).fill(i + 1), rows, 64),
            });
          } else alive.splice(rows % Math.max(1, alive.length), 1)[0]?.matrix.dispose();
          for (const { value, rows: last, matrix } of alive) {
            const found = await search(matrix, new Float32Array(64).fill(1), 1, 1);
            expect(found.products[0]).toBe(64 * value);
            expect(found.indices[0]).toBe(0);
            expect(matrix.rows).toBe(last);
          }
        }
        for (const { matrix } of alive) matrix.dispose();
      }),
      { numRuns: Math.min(Math.ceil(runs / 3), 30) },
    );
  });

  test("gives every product, of the same bits as the nearest ones", () => {
    fc.assert(
      fc.property(cases, (c) => {
        const matrix = tensors.matrix(c.data, c.rows, c.dim);
        const all = matrix.products(c.queries, c.count);
        const found = matrix.nearest(c.queries, c.count, c.k);
        matrix.dispose();
        expect(all.length).toBe(c.count * c.rows);
        let others = 0;
        let farthest = 0;
        for (let q = 0; q < c.count; q++) {
          for (let i = 0; i < Math.min(c.k, c.rows); i++) {
            if (all[q * c.rows + found.indices[q * c.k + i]!] !== found.products[q * c.k + i]) others++;
          }
          for (let row = 0; row < c.rows; row++) {
            farthest = Math.max(farthest, Math.abs(all[q * c.rows + row]! - exactProduct(c, q, row)));
          }
        }
        expect(others).toBe(0);
        expect(farthest).toBeLessThan(1e-4);
      }),
    );
  });

  test("can be disposed twice", () => {
    const matrix = tensors.matrix(new Float32Array(8), 2, 4);
    matrix.dispose();
    matrix.dispose();
  });
});

function exactProduct(c: Case, query: number, row: number): number {
  let sum = 0;
  for (let i = 0; i < c.dim; i++) sum += c.queries[query * c.dim + i]! * c.data[row * c.dim + i]!;
  return sum;
}

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

function fill(length: number, next: () => number): Float32Array {
  return Float32Array.from({ length }, next);
}

function numbers(seed: number, coarse: boolean): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = (state / 2 ** 32) * 2 - 1;
    return coarse ? Math.round(value) : value;
  };
}
