import { mulberry32 } from "../learners/streams.ts";

export const LABELS = 12;
const INPUTS = 10;
const BLOCKS = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];

export interface LabelStream {
  /** [events, 10], row-major. */
  readonly x: Float64Array;
  /** [events, 12], 0 or 1. */
  readonly y: Uint8Array;
  readonly events: number;
  /** Block of each label in each segment. */
  readonly blocks: readonly (readonly number[])[];
}

/**
 * LD: three blocks of four labels that come together; at 2000, 4000 and 6000 the labels change blocks. How often each comes
 * stays the same: only which come together changes. `every`: events of a segment.
 */
export function labelStream(seed: number, events = 8000, every = 2000): LabelStream {
  const u = mulberry32(seed);
  const draws = Float64Array.from({ length: events * (INPUTS + LABELS) }, u);
  const raw = mulberry32(seed + 1);
  const weights = [0, 1, 2].map(() => {
    const row = Array.from({ length: INPUTS }, () => 2 * raw() - 1);
    const length = Math.sqrt(row.reduce((sum, w) => sum + w * w, 0));
    return row.map((w) => w / length);
  });
  const order = mulberry32(seed + 2);
  const segments = Math.max(1, Math.ceil(events / every));
  const blocks = [BLOCKS];
  for (let s = 1; s < segments; s++) {
    const keys = Array.from({ length: LABELS }, order);
    const sorted = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
    blocks.push(sorted.map((i) => BLOCKS[i]!));
  }
  const x = new Float64Array(events * INPUTS);
  const y = new Uint8Array(events * LABELS);
  for (let t = 0; t < events; t++) {
    const row = t * (INPUTS + LABELS);
    for (let j = 0; j < INPUTS; j++) x[t * INPUTS + j] = 2 * draws[row + j]! - 1;
    const on = weights.map((w) => w.reduce((sum, wj, j) => sum + wj * x[t * INPUTS + j]!, 0) > 0.3);
    const map = blocks[Math.floor(t / every)]!;
    for (let l = 0; l < LABELS; l++) y[t * LABELS + l] = draws[row + INPUTS + l]! < (on[map[l]!] ? 0.8 : 0.03) ? 1 : 0;
  }
  return { x, y, events, blocks };
}

/** Labels by name, l0 … l11, with the inputs or without. */
export function* eventsOf(stream: LabelStream, inputs: boolean): Generator<{ x?: number[]; y: string[] }> {
  for (let t = 0; t < stream.events; t++) {
    const y: string[] = [];
    for (let l = 0; l < LABELS; l++) if (stream.y[t * LABELS + l] === 1) y.push(`l${l}`);
    yield inputs ? { x: [...stream.x.subarray(t * INPUTS, (t + 1) * INPUTS)], y } : { y };
  }
}
