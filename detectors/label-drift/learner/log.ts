import type { Part } from "../../../engine/detector.ts";
import { makePart } from "../../../engine/part.ts";
import { createReader, createWriter, type Reader, type Writer } from "../../statistics/bytes.ts";

/**
 * The newest events, scaled inputs and labels: one log for the nearest neighbours and for the warm start of cluster learners.
 * Closed segments never change again: a snapshot writes only the open one.
 */
export interface Log {
  /** Events that must be kept. */
  readonly keep: number;
  closed: Segment[];
  open: Segment;
}

export interface Segment {
  /** Index of its first event. */
  readonly first: number;
  readonly width: number;
  rows: number;
  /** [rows, width]. */
  z: Float32Array;
  /** Labels of all rows, one after the other, and where each row's begin. */
  labels: Uint16Array;
  readonly starts: Uint32Array;
  part: Part | null;
}

const ROWS = 64;

export function createLog(keep: number): Log {
  return { keep, closed: [], open: segmentOf(0, 0) };
}

function segmentOf(first: number, width: number): Segment {
  const starts = new Uint32Array(ROWS + 1);
  return { first, width, rows: 0, z: new Float32Array(ROWS * width), labels: new Uint16Array(64), starts, part: null };
}

/** Takes an event: z[0 … width), labels active[0 … size). */
export function append(
  log: Log,
  index: number,
  z: Float64Array,
  width: number,
  active: Uint16Array,
  size: number,
): void {
  let s = log.open;
  if (s.rows === ROWS || s.width !== width) {
    if (s.rows > 0) close(log);
    s = log.open = segmentOf(index, width);
  }
  const from = s.rows * width;
  for (let j = 0; j < width; j++) s.z[from + j] = z[j]!;
  const at = s.starts[s.rows]!;
  if (at + size > s.labels.length) {
    const longer = new Uint16Array(2 * (at + size));
    longer.set(s.labels);
    s.labels = longer;
  }
  for (let k = 0; k < size; k++) s.labels[at + k] = active[k]!;
  s.rows++;
  s.starts[s.rows] = at + size;
}

function close(log: Log): void {
  const s = log.open;
  s.z = s.z.subarray(0, s.rows * s.width);
  s.part = makePart(bytesOf(s));
  log.closed.push(s);
  let held = log.closed.reduce((n, c) => n + c.rows, 0);
  while (held - log.closed[0]!.rows >= log.keep) held -= log.closed.shift()!.rows;
}

/** The segments, newest last. */
export function segmentsOf(log: Log): Segment[] {
  return [...log.closed, log.open];
}

function bytesOf(s: Segment): Uint8Array {
  const w = createWriter(s.z.byteLength + 512);
  write(w, s);
  return w.done();
}

function write(w: Writer, s: Segment): void {
  w.f64(s.first);
  w.u32(s.width);
  w.u32(s.rows);
  w.array(s.z.subarray(0, s.rows * s.width));
  w.array(s.starts.subarray(0, s.rows + 1));
  w.array(s.labels.subarray(0, s.starts[s.rows]!));
}

function read(r: Reader, part: Part | null): Segment {
  const first = r.f64();
  const width = r.u32();
  const s = segmentOf(first, width);
  s.rows = r.u32();
  const z = r.f32s();
  if (part === null) s.z.set(z);
  else s.z = z;
  s.starts.set(r.u32s());
  s.labels = r.u16s();
  s.part = part;
  return s;
}

export function partsOf(log: Log): readonly Part[] {
  return log.closed.map((s) => s.part!);
}

export function writeLog(w: Writer, log: Log): void {
  write(w, log.open);
}

export function readLog(r: Reader, keep: number, parts: readonly Part[]): Log {
  const open = read(r, null);
  return { keep, closed: parts.map((part) => read(createReader(part.bytes), part)), open };
}
