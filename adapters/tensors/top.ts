import type { Nearest } from "../../engine/tensors.ts";

/** A place that no row fills (k above the number of rows, or products that are not numbers). */
export const NO_ROW = 0xffffffff;

export function createNearest(count: number, k: number): Nearest {
  return {
    indices: new Uint32Array(count * k).fill(NO_ROW),
    products: new Float32Array(count * k).fill(Number.NEGATIVE_INFINITY),
  };
}

/** Rows come in rising order, so what is equal stays behind what was first. */
export function insert(out: Nearest, query: number, k: number, row: number, product: number): void {
  const { indices, products } = out;
  const first = query * k;
  let at = first + k - 1;
  if (!(product > products[at]!)) return;
  for (; at > first && product > products[at - 1]!; at--) {
    products[at] = products[at - 1]!;
    indices[at] = indices[at - 1]!;
  }
  products[at] = product;
  indices[at] = row;
}
