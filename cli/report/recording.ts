import type { Watch } from "../../engine/monitor.ts";
import { type Curve, createCurve, extendCurve } from "./curve.ts";
import { createExcursions, type Excursions, extendExcursions, quietLines } from "./excursions.ts";

/** What a report keeps of the keys while the stream runs by. */
export interface Recording {
  readonly watch: Watch;
  /** By key, in order of first sight. */
  readonly keys: ReadonlyMap<string, Recorded>;
}

export interface Recorded {
  readonly curve: Curve;
  readonly excursions: Excursions;
  /** Accepted events. */
  events: number;
  /** Highest ratio, and the last. */
  peak: number;
  now: number;
}

const STRETCHES = 400_000;
const MOST = 1_500;
const LEAST = 16;

/**
 * `promise`: events between false alarms; null: none. `scale`: how many times the monitor's own line the run's is; ratios
 * are told against the own one.
 */
export function createRecording(promise: number | null, scale = 1): Recording {
  const quiet = quietLines(promise ?? Number.POSITIVE_INFINITY);
  const keys = new Map<string, Recorded>();
  return {
    keys,
    watch(key, index, time, ratio) {
      let known = keys.get(key);
      if (known === undefined) {
        known = { curve: createCurve(), excursions: createExcursions(), events: 0, peak: 0, now: 0 };
        keys.set(key, known);
      }
      const own = ratio * scale;
      known.events = index + 1;
      known.now = own;
      if (own > known.peak) known.peak = own;
      const most = Math.min(MOST, Math.max(LEAST, Math.floor(STRETCHES / keys.size)));
      extendCurve(known.curve, index, time, own, most);
      extendExcursions(known.excursions, quiet, index, own);
    },
  };
}
