import { TidegaugeError } from "../../engine/errors.ts";
import type { PastLane } from "./past.ts";
import type { Place } from "./place.ts";

/** What there is to read of one partition. */
export interface Extent {
  readonly partition: number;
  /** Offsets [low, high) are there. */
  readonly low: number;
  readonly high: number;
  /** First offset at or after a time, epoch milliseconds; `high` where there is none. */
  offsetAt(time: number): Promise<number>;
}

/** One partition's part of a replay: all in offsets, ends excluded. */
export interface Stretch {
  readonly partition: number;
  /** Read from here: `from`, or before it to warm up. */
  readonly begin: number;
  /** Compared from here. */
  readonly from: number;
  readonly to: number;
  /** The live run is as far as this; null: it never read the partition. */
  readonly live: number | null;
  /** Asked for, but no longer there: [asked, begin). Null: nothing is missing. */
  readonly gone: { readonly from: number; readonly to: number } | null;
}

/** `warmUp`: records to read before `from`. Partitions of which nothing is asked for are left out. */
export async function planStretches(
  extents: readonly Extent[],
  past: readonly PastLane[],
  range: { readonly from: Place; readonly to: Place; readonly warmUp: number },
): Promise<readonly Stretch[]> {
  const stretches: Stretch[] = [];
  for (const extent of extents) {
    const { partition, low, high } = extent;
    const live = past.find((lane) => lane.partition === partition)?.nextOffset ?? null;
    const asked = await offsetOf(range.from, extent, live);
    const end = await offsetOf(range.to, extent, live);
    if (asked === null || end === null) continue;
    const to = Math.min(end, high);
    const from = Math.max(asked, low);
    if (from >= to) continue;
    const begin = Math.max(low, from - range.warmUp);
    stretches.push({ partition, begin, from, to, live, gone: asked < low ? { from: asked, to: low } : null });
  }
  if (stretches.length > 0) return stretches;
  const there = extents.map(({ partition, low, high }) => `partition ${partition} has ${low} to ${high}`).join(", ");
  throw new TidegaugeError("USAGE", { what: `the range holds no record: ${there}`, command: "replay" });
}

async function offsetOf(place: Place, extent: Extent, live: number | null): Promise<number | null> {
  switch (place.kind) {
    case "earliest":
      return extent.low;
    case "latest":
      return extent.high;
    case "live":
      return live ?? extent.high;
    case "offset":
      return place.offset;
    case "offsets":
      return place.offsets.get(extent.partition) ?? null;
    case "time":
      return extent.offsetAt(place.time);
  }
}
