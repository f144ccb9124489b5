import type { Rejection } from "../../../engine/rejection.ts";
import type { Limits, Parsed } from "../json.ts";
import { isSuspect, safeString } from "../text.ts";

/**
 * A library's value as JSON would have it: own members only, bytes as base64, big integers as numbers, strings that a
 * store can keep. Too deep is a rejection.
 */
export function toPlain(value: unknown, limits: Limits): Parsed | Rejection {
  const tally = { replaced: 0 };
  let tooDeep = false;
  const plain = (each: unknown, depth: number): unknown => {
    if (typeof each === "string") return isSuspect(each) ? safeString(each, tally) : each;
    if (typeof each === "bigint") return Number(each);
    if (each === null || typeof each !== "object") return each;
    if (depth > limits.depth) {
      tooDeep = true;
      return null;
    }
    if (each instanceof Uint8Array)
      return Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString("base64");
    if (Array.isArray(each)) return each.map((item) => plain(item, depth + 1));
    const object: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(each)) {
      // Not an assignment: a member may be called __proto__.
      Object.defineProperty(object, isSuspect(name) ? safeString(name, tally) : name, {
        value: plain(member, depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return object;
  };
  const result = plain(value, 1);
  if (tooDeep) return { reason: "too-deep", detail: `The record is nested deeper than ${limits.depth} levels.` };
  return { value: result, replaced: tally.replaced };
}
