import type { KeyHeader } from "./key-header.ts";
import type { SeriesPoint } from "./store.ts";

const LEAST_EVENTS = 32;
const LEAST_MS = 1_000;
const OCTAVE = 1024;

/**
 * Adds one event to the key's unfinished point and returns the point when it is full: at least 32 events and, so that
 * a fast stream stays bounded, 1 s of event time; without times a point widens with the key's age (1,024 an octave).
 */
export function extendSeries(
  h: KeyHeader,
  key: string,
  index: number,
  time: number | null,
  ratio: number,
  cut: boolean,
): SeriesPoint | null {
  if (ratio > h.bucketRatio) h.bucketRatio = ratio;
  if (h.bucketTime === null) h.bucketTime = time;
  const events = index - h.bucketFrom + 1;
  if (cut) return close(h, key, index, time);
  if (events < LEAST_EVENTS) return null;
  if (time !== null && h.bucketTime !== null) {
    if (time - h.bucketTime < LEAST_MS && time >= h.bucketTime && events < width(index) * 4) return null;
  } else if (events < width(index)) return null;
  return close(h, key, index, time);
}

function close(h: KeyHeader, key: string, index: number, time: number | null): SeriesPoint {
  const point = { key, from: h.bucketFrom, to: index, time, ratio: h.bucketRatio };
  h.bucketFrom = index + 1;
  h.bucketTime = null;
  h.bucketRatio = 0;
  return point;
}

/** max(32, 2^⌊log₂(index / 1024)⌋). */
function width(index: number): number {
  if (index < 2 * LEAST_EVENTS * OCTAVE) return LEAST_EVENTS;
  return 2 ** Math.floor(Math.log2(index / OCTAVE));
}
