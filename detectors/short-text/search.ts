import type { Matrix, Nearest, Tensors } from "../../engine/tensors.ts";

/** Where nearest reference texts are looked up. */
export type Search = Pick<Matrix, "nearest" | "dispose">;

/** From this many rows on a query looks into the nearest parts only. */
export const LARGE = 3000;
/** Share of the parts that a query looks into: of the three nearest texts it finds 97 in 100 (CLINC150, 4,000 rows). */
const PROBED = 0.06;
const ROUNDS = 8;
/** Rows that the parts' centres are learnt from, for each part. */
const SAMPLE = 64;
const NO_ROW = 0xffffffff;

/**
 * All rows up to LARGE; beyond, √rows parts around spherical k-means centres, of which a query sees the 6 % nearest to
 * it: the same for the reference's own texts and for those that come, so that ranks stay fair. A query's result is the same
 * to the bit whatever else is in the batch, and the parts are the same for the same rows.
 */
export function openSearch(vectors: Float32Array, rows: number, dim: number, tensors: Tensors): Search {
  const used = vectors.subarray(0, rows * dim);
  return rows < LARGE
    ? tensors.matrix(used, rows, dim)
    : openParts(used, rows, dim, partsOf(vectors, rows, dim, tensors), tensors);
}

interface Parts {
  readonly centres: Float32Array;
  readonly count: number;
  /** Rows of part p in rising order: members[starts[p]..starts[p + 1]]. */
  readonly members: Uint32Array;
  readonly starts: Uint32Array;
}

/** Learnt once per reference: it is opened for learning and for watching. */
const known = new WeakMap<Float32Array, { readonly rows: number; readonly parts: Parts }>();

function partsOf(vectors: Float32Array, rows: number, dim: number, tensors: Tensors): Parts {
  const found = known.get(vectors);
  if (found?.rows === rows) return found.parts;
  const parts = learnParts(vectors, rows, dim, tensors);
  known.set(vectors, { rows, parts });
  return parts;
}

function learnParts(vectors: Float32Array, rows: number, dim: number, tensors: Tensors): Parts {
  const count = Math.round(Math.sqrt(rows));
  const sampled = Math.min(rows, count * SAMPLE);
  const sample = new Float32Array(sampled * dim);
  for (let i = 0; i < sampled; i++) {
    const row = Math.floor((i * rows) / sampled);
    sample.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  const centres = new Float32Array(count * dim);
  for (let c = 0; c < count; c++) {
    const row = Math.floor((c * sampled) / count);
    centres.set(sample.subarray(row * dim, (row + 1) * dim), c * dim);
  }
  for (let round = 0; round < ROUNDS; round++) {
    moveCentres(centres, count, sample, assign(centres, count, sample, sampled, dim, tensors), dim);
  }
  const assignment = assign(centres, count, vectors, rows, dim, tensors);
  const starts = new Uint32Array(count + 1);
  for (const part of assignment) starts[part + 1] = starts[part + 1]! + 1;
  for (let p = 0; p < count; p++) starts[p + 1] = starts[p + 1]! + starts[p]!;
  const next = starts.slice();
  const members = new Uint32Array(rows);
  assignment.forEach((part, row) => {
    members[next[part]!] = row;
    next[part] = next[part]! + 1;
  });
  return { centres, count, members, starts };
}

function assign(
  centres: Float32Array,
  count: number,
  vectors: Float32Array,
  rows: number,
  dim: number,
  tensors: Tensors,
): Uint32Array {
  const matrix = tensors.matrix(centres, count, dim);
  const { indices } = matrix.nearest(vectors, rows, 1);
  matrix.dispose();
  return indices;
}

/** A centre that lost all its rows stays where it is. */
function moveCentres(
  centres: Float32Array,
  count: number,
  vectors: Float32Array,
  assignment: Uint32Array,
  dim: number,
): void {
  const sums = new Float64Array(count * dim);
  assignment.forEach((part, row) => {
    for (let d = 0; d < dim; d++) sums[part * dim + d] = sums[part * dim + d]! + vectors[row * dim + d]!;
  });
  for (let c = 0; c < count; c++) {
    let square = 0;
    for (let d = 0; d < dim; d++) square += sums[c * dim + d]! ** 2;
    if (square === 0) continue;
    const scale = 1 / Math.sqrt(square);
    for (let d = 0; d < dim; d++) centres[c * dim + d] = sums[c * dim + d]! * scale;
  }
}

function openParts(vectors: Float32Array, rows: number, dim: number, parts: Parts, tensors: Tensors): Search {
  const { count, members, starts } = parts;
  const centres = tensors.matrix(parts.centres, count, dim);
  const matrices = Array.from({ length: count }, (_, p) => {
    const size = starts[p + 1]! - starts[p]!;
    const own = new Float32Array(size * dim);
    for (let i = 0; i < size; i++) {
      const row = members[starts[p]! + i]!;
      own.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
    }
    return tensors.matrix(own, size, dim);
  });
  const probes = Math.ceil(count * PROBED);
  return {
    nearest(queries, asked, k) {
      const probed = centres.nearest(queries, asked, probes).indices;
      const askers: number[][] = Array.from({ length: count }, () => []);
      for (let q = 0; q < asked; q++) {
        for (let i = 0; i < probes; i++) {
          const part = probed[q * probes + i]!;
          // Products that are no numbers choose no part.
          if (part < count) askers[part]!.push(q);
        }
      }
      const most = Math.min(k, rows);
      const out: Nearest = {
        indices: new Uint32Array(asked * k).fill(NO_ROW),
        products: new Float32Array(asked * k).fill(Number.NEGATIVE_INFINITY),
      };
      const gathered = new Float32Array(asked * dim);
      askers.forEach((some, p) => {
        const size = matrices[p]!.rows;
        if (some.length === 0 || size === 0) return;
        some.forEach((q, i) => {
          gathered.set(queries.subarray(q * dim, (q + 1) * dim), i * dim);
        });
        const width = Math.min(most, size);
        const near = matrices[p]!.nearest(gathered, some.length, width);
        some.forEach((q, i) => {
          for (let a = i * width; a < (i + 1) * width; a++) {
            insert(out, q, k, members[starts[p]! + near.indices[a]!]!, near.products[a]!);
          }
        });
      });
      return out;
    },
    dispose() {
      centres.dispose();
      for (const matrix of matrices) matrix.dispose();
    },
  };
}

/** Largest product first, equal ones by the lower row. */
function insert({ indices, products }: Nearest, query: number, k: number, row: number, product: number): void {
  const first = query * k;
  let at = first + k - 1;
  if (!before(product, row, products[at]!, indices[at]!)) return;
  for (; at > first && before(product, row, products[at - 1]!, indices[at - 1]!); at--) {
    products[at] = products[at - 1]!;
    indices[at] = indices[at - 1]!;
  }
  products[at] = product;
  indices[at] = row;
}

function before(product: number, row: number, other: number, otherRow: number): boolean {
  return product > other || (product === other && row < otherRow);
}
