import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";
import { fromFloat16, toFloat16 } from "../statistics/float16.ts";

/** A text of the reference while it is being gathered. */
export interface Learnt {
  readonly text: string;
  /** Rounded to float16; null where an encoder is fitted later. */
  readonly vector: Float32Array | null;
  readonly session: string | null;
  readonly index: number;
  readonly time: number | null;
}

export interface Learning {
  /** Accepted events so far, repeats included. */
  seen: number;
  readonly kept: Learnt[];
  /** Closed chunks of `kept`, saved once. */
  readonly parts: Part[];
}

/** Events in a chunk: what the running part carries at most. */
const CHUNK = 32;

export function createLearning(): Learning {
  return { seen: 0, kept: [], parts: [] };
}

export function roundVector(vector: Float32Array): Float32Array {
  return fromFloat16(toFloat16(vector));
}

/** The open chunk's bytes; closes what is full. */
export function saveLearning(learning: Learning): { readonly running: Uint8Array; readonly parts: readonly Part[] } {
  const closed = Math.floor(learning.kept.length / CHUNK);
  for (let i = learning.parts.length; i < closed; i++) {
    learning.parts.push(makePart(saveChunk(learning.kept.slice(i * CHUNK, (i + 1) * CHUNK))));
  }
  return { running: saveChunk(learning.kept.slice(closed * CHUNK)), parts: [...learning.parts] };
}

export function loadLearning(seen: number, running: Uint8Array, parts: readonly Part[]): Learning {
  const kept = parts.flatMap((part) => loadChunk(part.bytes));
  return { seen, kept: [...kept, ...loadChunk(running)], parts: [...parts] };
}

function saveChunk(events: readonly Learnt[]): Uint8Array {
  const w = createWriter(4096);
  w.u32(events.length);
  for (const event of events) {
    w.text(event.text);
    w.u8(event.session === null ? 0 : 1);
    if (event.session !== null) w.text(event.session);
    w.f64(event.index);
    w.f64(event.time ?? Number.NaN);
    w.u8(event.vector === null ? 0 : 1);
    if (event.vector !== null) w.array(toFloat16(event.vector));
  }
  return w.done();
}

function loadChunk(bytes: Uint8Array): Learnt[] {
  const r = createReader(bytes);
  return Array.from({ length: r.u32() }, () => {
    const text = r.text();
    const session = r.u8() === 1 ? r.text() : null;
    const index = r.f64();
    const time = r.f64();
    const vector = r.u8() === 1 ? fromFloat16(r.u16s()) : null;
    return { text, session, index, time: Number.isNaN(time) ? null : time, vector };
  });
}
