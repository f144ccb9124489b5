/// <reference lib="es2024.string" />
import type { Parsed } from "./json.ts";

/** NUL or a surrogate can only come from an escape: raw ones are not JSON or not UTF-8. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])/;

/** Replaces NUL and lone surrogates in every string and name: PostgreSQL and UTF-8 can hold neither. */
export function makeTextSafe(value: unknown, text: string): Parsed {
  if (!SUSPECT.test(text)) return { value, replaced: 0 };
  const tally = { replaced: 0 };
  return { value: safeValue(value, tally), replaced: tally.replaced };
}

function safeValue(value: unknown, tally: { replaced: number }): unknown {
  if (typeof value === "string") return safeString(value, tally);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = safeValue(value[i], tally);
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(object)) {
    const safeName = safeString(name, tally);
    if (safeName !== name) delete object[name];
    // Not an assignment: a member may be called __proto__.
    Object.defineProperty(object, safeName, {
      value: safeValue(member, tally),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return object;
}

/** Whether a string has something that neither PostgreSQL nor UTF-8 can hold. */
export function isSuspect(text: string): boolean {
  return !text.isWellFormed() || text.includes("\0");
}

export function safeString(text: string, tally: { replaced: number }): string {
  if (!isSuspect(text)) return text;
  tally.replaced += 1;
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}
