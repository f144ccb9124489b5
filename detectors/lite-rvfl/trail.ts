/** The newest learnt events: when, how well they were predicted, what they were. For onset and explanation. */
export interface Trail {
  /** Of the key's accepted events: of the inputs, where the label came later. */
  readonly index: Float64Array;
  /** The slow model's loss. */
  readonly loss: Float32Array;
  /** 1 right, 0 wrong; or the error of the quantity, in its unit. */
  readonly error: Float32Array;
  /** Class number, or the quantity in its unit. */
  readonly label: Float32Array;
}

export const TRAIL = 1024;

export function createTrail(): Trail {
  return {
    index: new Float64Array(TRAIL),
    loss: new Float32Array(TRAIL),
    error: new Float32Array(TRAIL),
    label: new Float32Array(TRAIL),
  };
}

export function leave(trail: Trail, at: number, index: number, loss: number, error: number, label: number): void {
  const place = at % TRAIL;
  trail.index[place] = index;
  trail.loss[place] = loss;
  trail.error[place] = error;
  trail.label[place] = label;
}
