import { type Estimate, median, poisson, wilson } from "./intervals.ts";
import type { Change } from "./truth.ts";

/** What a detector said against what was so: counts with intervals. */
export interface Score {
  /** Accepted events, and of them those that could raise a false alarm: judged, and in no change's window. */
  readonly events: number;
  readonly quietEvents: number;
  /** To be found; returns to what a key began with and changes before the detector judged are not. */
  readonly changes: number;
  readonly found: number;
  /** Share found, Wilson 95 %. */
  readonly detectionRate: Estimate | null;
  /** Events from a change that was found to its alarm: the middle with its 95 % interval, the mean, the slowest tenth's least. */
  readonly delay: (Estimate & { readonly mean: number; readonly late: number }) | null;
  readonly falseAlarms: number;
  /** False alarms in 10,000 quiet events, Poisson exact 95 %. */
  readonly falseAlarmRate: Estimate | null;
  /** Quiet events per false alarm; high: Infinity while there was none. */
  readonly meanRunLength: Estimate | null;
  /** Further alarms of a change that was found already. */
  readonly repeats: number;
  readonly returns: number;
  readonly returnsTold: number;
  /** Changes while the detector was still learning. */
  readonly unjudged: number;
}

/** One key: indices are its accepted events, ascending. */
export interface KeyRun {
  readonly events: number;
  readonly judgedFrom: number | null;
  readonly changes: readonly Change[];
  readonly alarms: readonly number[];
}

/** An alarm up to `within` events after a change, and before the next one, is that change's; any other is false. */
export function score(keys: readonly KeyRun[], within: number): Score {
  let [events, quietEvents, changes, found, falseAlarms, repeats, returns, returnsTold, unjudged] = Array(9).fill(
    0,
  ) as [number, number, number, number, number, number, number, number, number];
  const delays: number[] = [];
  for (const key of keys) {
    events += key.events;
    const judgedFrom = key.judgedFrom ?? key.events;
    let quiet = Math.max(0, key.events - judgedFrom);
    const unclaimed = new Set(key.alarms);
    key.changes.forEach(({ index, isReturn }, i) => {
      const end = Math.min(index + within, key.changes[i + 1]?.index ?? Number.POSITIVE_INFINITY, key.events);
      quiet -= Math.max(0, end - Math.max(index, judgedFrom));
      const own = key.alarms.filter((alarm) => alarm >= index && alarm < end);
      for (const alarm of own) unclaimed.delete(alarm);
      if (index < judgedFrom) {
        unjudged++;
        return;
      }
      if (isReturn) {
        returns++;
        if (own.length > 0) returnsTold++;
        return;
      }
      changes++;
      if (own.length === 0) return;
      found++;
      repeats += own.length - 1;
      delays.push(own[0]! - index);
    });
    quietEvents += quiet;
    falseAlarms += unclaimed.size;
  }
  const middle = median(delays);
  const count = poisson(falseAlarms);
  return {
    events,
    quietEvents,
    changes,
    found,
    detectionRate: wilson(found, changes),
    delay: middle && { ...middle, mean: meanOf(delays), late: lateOf(delays) },
    falseAlarms,
    falseAlarmRate: quietEvents === 0 ? null : scaled(count, 10_000 / quietEvents),
    meanRunLength:
      quietEvents === 0
        ? null
        : { value: quietEvents / count.value, low: quietEvents / count.high, high: quietEvents / count.low },
    repeats,
    returns,
    returnsTold,
    unjudged,
  };
}

function scaled({ value, low, high }: Estimate, by: number): Estimate {
  return { value: value * by, low: low * by, high: high * by };
}

function meanOf(sample: readonly number[]): number {
  return sample.reduce((sum, one) => sum + one, 0) / sample.length;
}

/** Nine of ten are not above it. */
function lateOf(sample: readonly number[]): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.ceil(0.9 * sorted.length) - 1]!;
}
