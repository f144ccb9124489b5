import type { Reader, Writer } from "../../statistics/bytes.ts";

/** Running z-scores: mean and variance (Welford) of each input over all events, clipped. An input that comes later was 0 before. */
export interface Scaler {
  inputs: number;
  events: number;
  mean: Float64Array;
  squares: Float64Array;
}

const CLIP = 5;

export function createScaler(): Scaler {
  return { inputs: 0, events: 0, mean: new Float64Array(0), squares: new Float64Array(0) };
}

export function widenScaler(s: Scaler, inputs: number): void {
  if (inputs > s.mean.length) {
    s.mean = grown(s.mean, inputs);
    s.squares = grown(s.squares, inputs);
  }
  s.inputs = Math.max(s.inputs, inputs);
}

/** Writes z of x by what was seen before it, then takes x in. */
export function scale(s: Scaler, x: Float64Array, z: Float64Array): void {
  const { inputs, mean, squares, events } = s;
  s.events = events + 1;
  const by = 1 / (events + 1);
  for (let j = 0; j < inputs; j++) {
    const apart = x[j]! - mean[j]!;
    const variance = squares[j]!;
    // A thousandth of the last digit of the mean is no spread.
    const scaled =
      variance > 1e-24 * events * mean[j]! * mean[j]! && variance > 0 ? apart * Math.sqrt(events / variance) : 0;
    z[j] = scaled > CLIP ? CLIP : scaled < -CLIP ? -CLIP : scaled;
    const now = mean[j]! + apart * by;
    mean[j] = now;
    squares[j] = variance + apart * (x[j]! - now);
  }
}

function grown(a: Float64Array, least: number): Float64Array {
  const made = new Float64Array(Math.ceil(least * 1.25) + 4);
  made.set(a);
  return made;
}

export function writeScaler(w: Writer, s: Scaler): void {
  w.u32(s.inputs);
  w.f64(s.events);
  w.array(s.mean.subarray(0, s.inputs));
  w.array(s.squares.subarray(0, s.inputs));
}

export function readScaler(r: Reader): Scaler {
  return { inputs: r.u32(), events: r.f64(), mean: r.f64s(), squares: r.f64s() };
}
