import type { RawRecord } from "./source.ts";

/** The trace that a record belongs to, of its W3C `traceparent` header; null: none, or none that is valid. */
export function traceOf({ headers }: RawRecord): string | null {
  const found = headers?.find((header) => header.name.toLowerCase() === "traceparent")?.value;
  if (found == null || found.length > MOST_BYTES) return null;
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(Buffer.from(found).toString("latin1"));
  const trace = match?.[1];
  return trace === undefined || /^0+$/.test(trace) ? null : trace;
}

const MOST_BYTES = 200;
