import type { Rejection } from "../../engine/rejection.ts";
import { describe, notFinite } from "./issues.ts";

/** Beyond it squares overflow; no measurement lives there. */
export const MAX_MAGNITUDE = 1e100;

/** First number anywhere in the value that no detector may see, told as a rejection. */
export function findBadNumber(value: unknown, path: readonly PropertyKey[]): Rejection | null {
  if (typeof value === "number") return judge(value, path);
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      if (typeof element === "number") {
        // The common case of an embedding: no path is built, no call is made.
        if (element <= MAX_MAGNITUDE && element >= -MAX_MAGNITUDE) continue;
        return judge(element, [...path, i]);
      }
      const bad = typeof element === "object" ? findBadNumber(element, [...path, i]) : null;
      if (bad !== null) return bad;
    }
    return null;
  }
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name];
    const bad = typeof member === "string" ? null : findBadNumber(member, [...path, name]);
    if (bad !== null) return bad;
  }
  return null;
}

function judge(value: number, path: readonly PropertyKey[]): Rejection | null {
  if (value <= MAX_MAGNITUDE && value >= -MAX_MAGNITUDE) return null;
  if (!Number.isFinite(value)) return notFinite(describe(path));
  return { reason: "out-of-range", detail: `${describe(path)} is beyond ±1e100.` };
}
