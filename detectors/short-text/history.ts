import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";

/** What was bet on each of the last events, to find the onset and to take back what was counted. */
export interface History {
  /** Event index of the first entry kept. */
  first: number;
  /** Entry after the last. */
  end: number;
  readonly segments: Segment[];
  readonly withSessions: boolean;
}

export interface Segment {
  readonly bin: Uint16Array;
  readonly cluster: Uint8Array;
  readonly region: Uint8Array;
  readonly flags: Uint16Array;
  readonly p: Float32Array;
  /** Shares in 65,535ths. */
  readonly clusterShare: Uint16Array;
  readonly cellShare: Uint16Array;
  readonly session: Uint32Array;
  part: Part | null;
}

export const FLAG = {
  far: 1,
  /** No evidence: a repeat, a turn beyond the limit or of a session from before. */
  skipped: 2,
  startRank: 4,
  startCluster: 8,
  startCell: 16,
  /** Among what counts as normal, at once or later. */
  counted: 32,
  neutral: 64,
  /** Above the reference's 90 % quantile. */
  high: 128,
  /** The same text again: never counted. */
  repeat: 256,
} as const;

const SEGMENT = 256;
const KEPT = 4096;

export function createHistory(index: number, withSessions: boolean): History {
  return { first: index, end: index, segments: [], withSessions };
}

export interface Entry {
  readonly segment: Segment;
  readonly at: number;
}

export function append(
  history: History,
  entry: {
    bin: number;
    cluster: number;
    region: number;
    flags: number;
    p: number;
    clusterShare: number;
    cellShare: number;
    session: number;
  },
): void {
  const at = (history.end - history.first) % SEGMENT;
  if (at === 0) {
    history.segments.push(createSegment(history.withSessions));
    if (history.segments.length > KEPT / SEGMENT + 1) {
      history.segments.shift();
      history.first += SEGMENT;
    }
  }
  const segment = history.segments.at(-1)!;
  segment.bin[at] = entry.bin;
  segment.cluster[at] = entry.cluster;
  segment.region[at] = entry.region;
  segment.flags[at] = entry.flags;
  segment.p[at] = entry.p;
  segment.clusterShare[at] = Math.max(1, Math.round(entry.clusterShare * 65_535));
  segment.cellShare[at] = Math.max(1, Math.round(entry.cellShare * 65_535));
  if (history.withSessions) segment.session[at] = entry.session;
  history.end += 1;
}

/** Of an event that is still kept. */
export function entryOf({ segments, first }: History, index: number): Entry {
  const offset = index - first;
  return { segment: segments[Math.floor(offset / SEGMENT)]!, at: offset % SEGMENT };
}

/** Visits entries with event index from..end. */
export function each(
  history: History,
  from: number,
  visit: (segment: Segment, at: number, index: number) => void,
): void {
  for (let index = Math.max(from, history.first); index < history.end; index++) {
    const offset = index - history.first;
    visit(history.segments[Math.floor(offset / SEGMENT)]!, offset % SEGMENT, index);
  }
}

/** Flags may change after a segment was closed: it is then another part. */
export function setFlags(segment: Segment, at: number, flags: number): void {
  segment.flags[at] = flags;
  segment.part = null;
}

export function saveHistory(history: History): { readonly running: Uint8Array; readonly parts: readonly Part[] } {
  const parts: Part[] = [];
  const filled = history.end - history.first;
  const w = createWriter(8192);
  w.f64(history.first);
  w.f64(history.end);
  w.u8(history.withSessions ? 1 : 0);
  history.segments.forEach((segment, i) => {
    const entries = Math.min(SEGMENT, filled - i * SEGMENT);
    if (entries < SEGMENT) saveSegment(segment, entries, w);
    else {
      segment.part ??= makePart(closedSegment(segment));
      parts.push(segment.part);
    }
  });
  return { running: w.done(), parts };
}

export function loadHistory(running: Uint8Array, parts: readonly Part[]): History {
  const r = createReader(running);
  const first = r.f64();
  const end = r.f64();
  const withSessions = r.u8() === 1;
  const segments = parts.map((part) => loadSegment(createReader(part.bytes), withSessions, part));
  if ((end - first) % SEGMENT > 0) segments.push(loadSegment(r, withSessions, null));
  return { first, end, segments, withSessions };
}

function createSegment(withSessions: boolean): Segment {
  return {
    bin: new Uint16Array(SEGMENT),
    cluster: new Uint8Array(SEGMENT),
    region: new Uint8Array(SEGMENT),
    flags: new Uint16Array(SEGMENT),
    p: new Float32Array(SEGMENT),
    clusterShare: new Uint16Array(SEGMENT),
    cellShare: new Uint16Array(SEGMENT),
    session: new Uint32Array(withSessions ? SEGMENT : 0),
    part: null,
  };
}

function closedSegment(segment: Segment): Uint8Array {
  const w = createWriter(8192);
  saveSegment(segment, SEGMENT, w);
  return w.done();
}

type Arrays = Omit<Segment, "part">;
const ARRAYS: readonly (keyof Arrays)[] = [
  "bin",
  "cluster",
  "flags",
  "p",
  "clusterShare",
  "cellShare",
  "session",
  "region",
];

function saveSegment(segment: Segment, entries: number, w: ReturnType<typeof createWriter>): void {
  for (const name of ARRAYS) w.array(segment[name].subarray(0, entries));
}

function loadSegment(r: ReturnType<typeof createReader>, withSessions: boolean, part: Part | null): Segment {
  const segment = createSegment(withSessions);
  segment.part = part;
  segment.bin.set(r.u16s());
  segment.cluster.set(r.bytes());
  segment.flags.set(r.u16s());
  segment.p.set(r.f32s());
  segment.clusterShare.set(r.u16s());
  segment.cellShare.set(r.u16s());
  segment.session.set(r.u32s());
  // Older snapshots know one kind of cluster.
  segment.region.set(r.left() > 0 ? r.bytes() : segment.cluster);
  return segment;
}
