import type { Inspection } from "../../engine/detector.ts";

export type Status = Inspection["status"];

/** As stored; the order is part of the schema. */
export const STATUSES: readonly Status[] = ["learning", "steady", "warning", "drifting"];

export function statusCode(status: Status): number {
  return STATUSES.indexOf(status);
}
