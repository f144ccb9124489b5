import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";

/**
 * Accepted events as a replay draws them: inputs and label as 16-bit integers, in closed segments that never change again and
 * an open one.
 */
export interface Sample {
  /** Numbers of an event: inputs, then the label. */
  readonly width: number;
  closed: readonly Part[];
  open: Int16Array;
  /** Events in the open segment. */
  used: number;
}

const SEGMENT = 250;
/** z lies in ±10, standardised quantities are kept within ±10: steps of .0003. */
const UNIT = 3276;
const NONE: readonly Part[] = [];

export function createSample(width: number): Sample {
  return { width, closed: NONE, open: new Int16Array(SEGMENT * width), used: 0 };
}

export function countOf(sample: Sample): number {
  return sample.closed.length * SEGMENT + sample.used;
}

export function add(sample: Sample, z: Float64Array, label: number, classes: boolean): void {
  const at = sample.used * sample.width;
  for (let i = 0; i < z.length; i++) sample.open[at + i] = pack(z[i]!);
  sample.open[at + z.length] = classes ? label : pack(label);
  sample.used++;
  if (sample.used < SEGMENT) return;
  const { buffer } = sample.open;
  sample.closed = [...sample.closed, makePart(new Uint8Array(buffer))];
  sample.open = new Int16Array(SEGMENT * sample.width);
  sample.used = 0;
}

/** Writes the inputs of event `at` to z; returns its label. */
export function eventAt(sample: Sample, at: number, z: Float64Array, classes: boolean): number {
  const segment = Math.floor(at / SEGMENT);
  const numbers = segment < sample.closed.length ? numbersOf(sample.closed[segment]!) : sample.open;
  const from = (at % SEGMENT) * sample.width;
  for (let i = 0; i < z.length; i++) z[i] = numbers[from + i]! / UNIT;
  const label = numbers[from + z.length]!;
  return classes ? label : label / UNIT;
}

function pack(value: number): number {
  return Math.round(Math.max(-10, Math.min(10, value)) * UNIT);
}

/** A part's bytes may lie anywhere in a driver's buffer: read through a view of the right alignment, made once. */
const views = new WeakMap<Part, Int16Array>();

function numbersOf(part: Part): Int16Array {
  let view = views.get(part);
  if (view === undefined) {
    const bytes = part.bytes.byteOffset % 2 === 0 ? part.bytes : part.bytes.slice();
    view = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    views.set(part, view);
  }
  return view;
}
