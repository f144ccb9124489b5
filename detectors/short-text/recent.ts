import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";
import { centre } from "./centre.ts";

/** The last texts with their vectors in 8 bits: what an explanation is made from. */
export interface Recent {
  readonly dim: number;
  readonly segments: RecentSegment[];
}

interface RecentSegment {
  readonly texts: string[];
  readonly index: Float64Array;
  readonly high: Uint8Array;
  readonly session: (string | null)[];
  readonly time: Float64Array;
  readonly scale: Float32Array;
  readonly codes: Int8Array;
  part: Part | null;
}

const SEGMENT = 16;
const KEPT = 512;

export function createRecent(dim: number): Recent {
  return { dim, segments: [] };
}

export function remember(
  recent: Recent,
  entry: {
    readonly text: string;
    readonly index: number;
    readonly high: boolean;
    readonly session: string | null;
    readonly time: number | null;
    readonly vector: Float32Array;
  },
): void {
  let segment = recent.segments.at(-1);
  if (segment === undefined || segment.texts.length === SEGMENT) {
    segment = createSegment(recent.dim);
    recent.segments.push(segment);
    if (recent.segments.length > KEPT / SEGMENT) recent.segments.shift();
  }
  const at = segment.texts.length;
  segment.texts.push(entry.text);
  segment.session.push(entry.session);
  segment.index[at] = entry.index;
  segment.time[at] = entry.time ?? Number.NaN;
  segment.high[at] = entry.high ? 1 : 0;
  quantise(entry.vector, segment, at, recent.dim);
}

export interface Remembered {
  readonly text: string;
  readonly index: number;
  readonly high: boolean;
  readonly session: string | null;
  readonly time: number | null;
}

/** Texts from event `from` on, oldest first, with their vectors row-major. */
export function recall(
  recent: Recent,
  from: number,
): { readonly events: Remembered[]; readonly vectors: Float32Array } {
  const events: Remembered[] = [];
  const vectors = new Float32Array(KEPT * recent.dim);
  for (const segment of recent.segments) {
    for (let i = 0; i < segment.texts.length; i++) {
      if (segment.index[i]! < from) continue;
      const scale = segment.scale[i]!;
      const to = events.length * recent.dim;
      for (let d = 0; d < recent.dim; d++) vectors[to + d] = segment.codes[i * recent.dim + d]! * scale;
      const time = segment.time[i]!;
      events.push({
        text: segment.texts[i]!,
        index: segment.index[i]!,
        high: segment.high[i] === 1,
        session: segment.session[i]!,
        time: Number.isNaN(time) ? null : time,
      });
    }
  }
  return { events, vectors: vectors.subarray(0, events.length * recent.dim) };
}

/** The same, placed as the reference's own vectors are. */
export function recallPlaced(
  recent: Recent,
  from: number,
  middle: Float32Array | null,
): { readonly events: Remembered[]; readonly vectors: Float32Array } {
  const recalled = recall(recent, from);
  centre(recalled.vectors, recalled.events.length, middle);
  return recalled;
}

export function saveRecent(recent: Recent): { readonly running: Uint8Array; readonly parts: readonly Part[] } {
  const parts: Part[] = [];
  let running: Uint8Array = new Uint8Array(0);
  for (const segment of recent.segments) {
    if (segment.texts.length < SEGMENT) running = saveSegment(segment, recent.dim);
    else {
      segment.part ??= makePart(saveSegment(segment, recent.dim));
      parts.push(segment.part);
    }
  }
  return { running, parts };
}

export function loadRecent(dim: number, running: Uint8Array, parts: readonly Part[]): Recent {
  const segments = parts.map((part) => loadSegment(part.bytes, dim, part));
  if (running.length > 0) segments.push(loadSegment(running, dim, null));
  return { dim, segments };
}

function createSegment(dim: number): RecentSegment {
  return {
    texts: [],
    session: [],
    index: new Float64Array(SEGMENT),
    time: new Float64Array(SEGMENT),
    high: new Uint8Array(SEGMENT),
    scale: new Float32Array(SEGMENT),
    codes: new Int8Array(SEGMENT * dim),
    part: null,
  };
}

function quantise(vector: Float32Array, segment: RecentSegment, at: number, dim: number): void {
  let largest = 0;
  for (let d = 0; d < dim; d++) {
    const size = Math.abs(vector[d]!);
    if (size > largest) largest = size;
  }
  segment.scale[at] = largest / 127;
  if (largest === 0) return;
  const factor = 127 / largest;
  const codes = segment.codes;
  // Half up: cheaper than Math.round and the same on every machine.
  for (let d = 0, to = at * dim; d < dim; d++, to++) codes[to] = Math.floor(vector[d]! * factor + 0.5);
}

function saveSegment(segment: RecentSegment, dim: number): Uint8Array {
  const n = segment.texts.length;
  const w = createWriter(n * (dim + 256));
  w.u32(n);
  for (let i = 0; i < n; i++) {
    w.text(segment.texts[i]!);
    const session = segment.session[i]!;
    w.u8(session === null ? 0 : 1);
    if (session !== null) w.text(session);
  }
  w.array(segment.index.subarray(0, n));
  w.array(segment.time.subarray(0, n));
  w.array(segment.high.subarray(0, n));
  w.array(segment.scale.subarray(0, n));
  w.array(segment.codes.subarray(0, n * dim));
  return w.done();
}

function loadSegment(bytes: Uint8Array, dim: number, part: Part | null): RecentSegment {
  const segment = createSegment(dim);
  const r = createReader(bytes);
  const n = r.u32();
  for (let i = 0; i < n; i++) {
    segment.texts.push(r.text());
    segment.session.push(r.u8() === 1 ? r.text() : null);
  }
  segment.index.set(r.f64s());
  segment.time.set(r.f64s());
  segment.high.set(r.bytes());
  segment.scale.set(r.f32s());
  segment.codes.set(r.i8s());
  segment.part = part;
  return segment;
}
