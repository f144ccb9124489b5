import { MAX_MAGNITUDE, type Rejection } from "../../engine/rejection.ts";
import { describe, notFinite } from "./issues.ts";

/** First number anywhere in the value that no detector may see, told as a rejection. */
export function findBadNumber(value: unknown, path: readonly PropertyKey[]): Rejection | null {
  if (typeof value === "number") return judge(value, path);
  if (typeof value !== "object" || value === null) return null;
  const below = pathToBad(value);
  if (below === null) return null;
  const whole = [...path, ...below.reverse()];
  let bad: unknown = value;
  for (const name of whole.slice(path.length)) bad = (bad as Record<PropertyKey, unknown>)[name];
  return judge(bad as number, whole);
}

/** Innermost first. It is built on the way back from a find only: thousands of small arrays cost no path each. */
function pathToBad(value: object): PropertyKey[] | null {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = pathOfMember(value[i]);
      if (found !== null) return push(found, i);
    }
    return null;
  }
  for (const name in value) {
    const found = pathOfMember((value as Record<string, unknown>)[name]);
    if (found !== null) return push(found, name);
  }
  return null;
}

function pathOfMember(member: unknown): PropertyKey[] | null {
  if (typeof member === "number") return member <= MAX_MAGNITUDE && member >= -MAX_MAGNITUDE ? null : [];
  return typeof member === "object" && member !== null ? pathToBad(member) : null;
}

function push(path: PropertyKey[], name: PropertyKey): PropertyKey[] {
  path.push(name);
  return path;
}

function judge(value: number, path: readonly PropertyKey[]): Rejection | null {
  if (value <= MAX_MAGNITUDE && value >= -MAX_MAGNITUDE) return null;
  if (!Number.isFinite(value)) return notFinite(describe(path));
  return { reason: "out-of-range", detail: `${describe(path)} is beyond ±1e100.` };
}
