/** Numeric kernels that detectors may ask for; implemented in adapters/tensors, chosen once at start. */
export interface Tensors {
  readonly backend: string;
  readonly device: string;
  /** Copies a row-major matrix [rows, dim] to where the kernels run. */
  matrix(data: Float32Array, rows: number, dim: number): Matrix;
}

export interface Matrix {
  readonly rows: number;
  readonly dim: number;
  /**
   * The k rows with the largest inner product with each query.
   * queries: row-major [count, dim]. Result: indices and products, [count, k], largest first, ties to the lowest row.
   * Each query's result is the same to the bit whatever else is in the batch.
   */
  nearest(queries: Float32Array, count: number, k: number): Nearest;
  /** Every inner product, row-major [count, rows], of the same bits as nearest() gives. */
  products(queries: Float32Array, count: number): Float32Array;
  dispose(): void;
}

export interface Nearest {
  readonly indices: Uint32Array;
  readonly products: Float32Array;
}
