import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { readTrack, writeTrack } from "./conversation.ts";
import type { Track } from "./track.ts";

/** Closed conversations, oldest first, in segments of 64 that never change again once full. */
export interface Window {
  readonly tracks: Track[];
  readonly closed: Part[];
}

const SEGMENT = 64;

export function createWindow(): Window {
  return { tracks: [], closed: [] };
}

/** Adds one; what leaves (a whole segment, once `memory` newer ones are there) is returned. */
export function keepTrack(window: Window, track: Track, memory: number): readonly Track[] {
  const { tracks, closed } = window;
  tracks.push(track);
  if (tracks.length % SEGMENT === 0) closed.push(makePart(pack(tracks.slice(-SEGMENT))));
  if (tracks.length - SEGMENT < memory) return NONE;
  closed.shift();
  return tracks.splice(0, SEGMENT);
}

export function clearWindow(window: Window): void {
  window.tracks.length = 0;
  window.closed.length = 0;
}

const NONE: readonly Track[] = [];

function pack(tracks: readonly Track[]): Uint8Array {
  const w = createWriter(96 * tracks.length);
  for (const track of tracks) writeTrack(w, track);
  return w.done();
}

export function saveWindow(window: Window, w: Writer): readonly Part[] {
  const open = window.tracks.slice(window.closed.length * SEGMENT);
  w.u32(window.closed.length);
  w.u32(open.length);
  for (const track of open) writeTrack(w, track);
  return window.closed;
}

/** `parts`: those of the snapshot that belong to it come first. */
export function loadWindow(r: Reader, parts: readonly Part[]): Window {
  const closed = parts.slice(0, r.u32());
  const tracks = closed.flatMap(({ bytes }) => {
    const reader = createReader(bytes);
    return Array.from({ length: SEGMENT }, () => readTrack(reader));
  });
  const open = r.u32();
  for (let i = 0; i < open; i++) tracks.push(readTrack(r));
  return { tracks, closed: [...closed] };
}
