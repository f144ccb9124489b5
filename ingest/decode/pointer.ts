import { TidegaugeError } from "../../engine/errors.ts";

export type Getter = (document: unknown) => unknown;

/** A JSON pointer (RFC 6901) as a function; what it does not reach is undefined. Only a value's own members count. */
export function compilePointer(pointer: string, where: string): Getter {
  const tokens = parsePointer(pointer, where);
  const first = tokens[0];
  if (first === undefined) return (document) => document;
  if (tokens.length === 1 && !(first in Object.prototype) && !/^\d+$/.test(first)) {
    return (document) =>
      typeof document === "object" && document !== null && !Array.isArray(document)
        ? (document as Record<string, unknown>)[first]
        : undefined;
  }
  return (document) => {
    let value = document;
    for (const token of tokens) {
      value = member(value, token);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

/** Names on the way of a JSON pointer. */
export function parsePointer(pointer: string, where: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) {
    throw new TidegaugeError("CONFIG_INVALID", {
      where,
      what: `${JSON.stringify(pointer)} is not a JSON pointer`,
      fix: "Write it like /name or /outer/inner, with ~1 for / and ~0 for ~",
    });
  }
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function member(value: unknown, token: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
  return Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined;
}
