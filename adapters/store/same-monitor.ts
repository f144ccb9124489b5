import { isDeepStrictEqual } from "node:util";
import type { MonitorRecord } from "../../engine/store.ts";

/** As JSON: absent and undefined are the same, the order of fields does not count. */
export function isSameMonitor(stored: MonitorRecord, now: MonitorRecord): boolean {
  return stored.detector === now.detector && isDeepStrictEqual(plain(stored.learntWith), plain(now.learntWith));
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
