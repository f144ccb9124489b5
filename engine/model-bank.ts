/**
 * Linear models that follow their stream, many side by side: weighted least squares in the information form,
 *   G ← μG + aᵀa + (1 − μ)λI,  Q ← μQ + aᵀy,  W = G⁻¹Q,  G₀ = λI, Q₀ = 0,
 * so G = S + λI with S a fading sum. Where the models lie (typed arrays, a WebAssembly memory, [S,D,D] and [S,D,C] on a GPU)
 * and how they are updated together is the bank's own.
 */
export interface ModelBank {
  /** D, the same for all. */
  readonly features: number;
  /** Of the sums: what two banks agree to is 1e-9 relative in float64, 1e-4 in float32. */
  readonly precision: "float64" | "float32";
  open(model: ModelSpec): Slot;
  /** Frees it; the slot must not be used again. */
  close(slot: Slot): void;
  /** More outputs: their columns of Q are zero so far. Fewer are ignored. */
  widen(slot: Slot, outputs: number): void;
  /**
   * One batched update: each model takes its events, oldest first (decayed by μ^b, row j weighted by μ^(b−1−j)), and is
   * solved. A slot stands in a batch once at the most; no events: only solved. What is handed in is read before it returns.
   */
  update(batch: readonly ModelUpdate[]): readonly Solved[] | Promise<readonly Solved[]>;
  /** For snapshots. */
  read(slots: readonly Slot[]): readonly ModelSums[] | Promise<readonly ModelSums[]>;
  /** The slot takes the outputs of the sums; its decay and ridge stay. */
  write(slot: Slot, sums: ModelSums): void;
  /** Frees all. */
  dispose(): void;
}

export interface ModelSpec {
  /** C. */
  readonly outputs: number;
  /** μ in (0, 1]: what an event weighs after one more. 1/(1 − μ) is the memory. */
  readonly decay: number;
  /** λ > 0. */
  readonly ridge: number;
}

/** A model in its bank; opaque. */
export interface Slot {
  readonly bank: string;
}

export interface ModelUpdate {
  readonly slot: Slot;
  /** b. */
  readonly events: number;
  /** Row-major [events, features]; may be longer. */
  readonly rows: Float64Array;
  /** Row-major [events, outputs]; may be longer. */
  readonly targets: Float64Array;
}

export interface Solved {
  /** Row-major [outputs, features], finite, the caller's own; null: G could not be factored, the weights before stay. */
  readonly weights: Float64Array | null;
  /** Estimate of G's condition number from below: (largest / smallest diagonal of its Cholesky factor)². */
  readonly condition: number;
}

/** The fading sums of one model without its ridge: what write() takes gives the same bits from there on. */
export interface ModelSums {
  readonly outputs: number;
  /** What both sums below are to be multiplied by: decay that was put off; 1 where none was. */
  readonly scale: number;
  /** Upper triangle of S/scale by rows, [features·(features + 1)/2]. */
  readonly gram: Float64Array;
  /** Q/scale, row-major [features, outputs]. */
  readonly moments: Float64Array;
}
