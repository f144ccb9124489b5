import type { ModelBank } from "./model-bank.ts";

/** Numeric kernels that detectors may ask for; implemented in adapters/tensors, chosen once at start. */
export interface Tensors {
  /** cpu, wasm, tensorflow, webgpu, or webgpu-software where the adapter is no GPU. */
  readonly backend: string;
  readonly device: string;
  /** Whether it is a graphics processor that computes. */
  readonly gpu: boolean;
  /** Copies a row-major matrix [rows, dim] to where the kernels run. */
  matrix(data: Float32Array, rows: number, dim: number): Matrix;
  /** A bank of linear models over so many features, where this backend has one; detectors bring typed arrays of their own. */
  modelBank?(features: number): ModelBank;
  /** Where this machine's CPU has something better than typed arrays for one model at a time; of the same bits. */
  readonly sums?: SumsKernels;
  /**
   * Trains an autoencoder on row-major [rows, dim], one pass over the rows in seeded order per epoch.
   * The same rows, settings and seed give the same weights to the bit on a CPU; a GPU may differ in rounding.
   * Yields to the event loop between batches.
   */
  trainAutoencoder(
    data: Float32Array,
    rows: number,
    dim: number,
    training: AutoencoderTraining,
  ): Promise<AutoencoderWeights>;
  /** A trained one, ready to score. */
  autoencoder(weights: AutoencoderWeights): Autoencoder;
}

/** What updates and solves one model's sums; model-sums.ts has their layout. */
export interface SumsKernels {
  /** Sums += Σ_r v_rᵀv_r, r in order. rows: [events, features + outputs], targets after the features; may be longer. */
  accumulate(
    sums: Float64Array | Float32Array,
    rows: Float64Array,
    events: number,
    features: number,
    outputs: number,
  ): void;
  /**
   * W = (S + ridge·I)⁻¹Q to out, row-major [outputs, features]. Returns (largest / smallest pivot), or null where rounding left
   * nothing to solve: then out is as it was.
   */
  solve(
    sums: Float64Array | Float32Array,
    ridge: number,
    features: number,
    outputs: number,
    out: Float64Array,
  ): number | null;
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
  /** nearest() on the device, without blocking; a backend without a device of its own does not have it. */
  search?(queries: Float32Array, count: number, k: number): Promise<Nearest>;
  /** Every inner product, row-major [count, rows], of the same bits as nearest() gives. */
  products(queries: Float32Array, count: number): Float32Array;
  dispose(): void;
}

export interface Nearest {
  readonly indices: Uint32Array;
  readonly products: Float32Array;
}

/** Mean squared error, Adam (β .9, .999, ε 1e-7), uniform Glorot start, the last short batch included. */
export interface AutoencoderTraining {
  /** Units of the one hidden ReLU layer. */
  readonly hidden: number;
  readonly epochs: number;
  /** Rows per gradient step. */
  readonly batch: number;
  readonly learningRate: number;
  /** uint32. */
  readonly seed: number;
}

/** r(x) = D·relu(E·x + e) + d as plain data, to be kept in a snapshot. */
export interface AutoencoderWeights {
  readonly dim: number;
  readonly hidden: number;
  /** E, row-major [hidden, dim]. */
  readonly encoder: Float32Array;
  /** e, [hidden]. */
  readonly encoderBias: Float32Array;
  /** D, row-major [dim, hidden]. */
  readonly decoder: Float32Array;
  /** d, [dim]. */
  readonly decoderBias: Float32Array;
}

export interface Autoencoder {
  /**
   * cos(x, r(x)) of row-major [count, dim]; 0 where either is the zero vector.
   * Each query's result is the same to the bit whatever else is in the batch.
   */
  similarities(queries: Float32Array, count: number): Float32Array;
  dispose(): void;
}
