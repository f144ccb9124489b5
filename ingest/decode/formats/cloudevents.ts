import type { Rejection } from "../../../engine/rejection.ts";
import type { RawRecord } from "../../../engine/source.ts";
import { isRejection, type Limits, type Parsed, parseJson } from "../json.ts";
import { isSuspect, safeString } from "../text.ts";
import type { Format } from "./format.ts";

/**
 * CloudEvents 1.0 over Kafka, structured (JSON) or binary (attributes in `ce_` headers). The document is the event's
 * data with the attributes under `/ce`, and its `id` and `time` where the data has none; data that is no object is `/data`.
 */
export function cloudEventsFormat(limits: Limits): Format {
  return {
    parse(record) {
      const type = header(record, "content-type");
      if (type?.startsWith("application/cloudevents-batch")) return schema("Batches of CloudEvents are not taken.");
      return header(record, "ce_specversion") === null ? structured(record, limits) : binary(record, type, limits);
    },
  };
}

function structured(record: RawRecord, limits: Limits): Parsed | Rejection {
  const parsed = parseJson(record.value!, limits);
  if (isRejection(parsed)) return parsed;
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value) || !("specversion" in value))
    return schema("The record is neither a structured nor a binary CloudEvent: it has no specversion.");
  const { data, data_base64: base64, ...attributes } = value as Record<string, unknown>;
  if (base64 === undefined) return document(attributes, data, parsed.replaced);
  if (typeof base64 !== "string") return schema("data_base64 is not a string.");
  const inner = dataOf(Buffer.from(base64, "base64"), textOf(attributes.datacontenttype), limits);
  return isRejection(inner) ? inner : document(attributes, inner.value, parsed.replaced + inner.replaced);
}

function binary(record: RawRecord, type: string | null, limits: Limits): Parsed | Rejection {
  const attributes: Record<string, unknown> = Object.create(null);
  const tally = { replaced: 0 };
  for (const { name, value } of record.headers ?? []) {
    if (!name.startsWith("ce_") || value === null) continue;
    const text = Buffer.from(value).toString("utf8");
    attributes[name.slice(3)] = isSuspect(text) ? safeString(text, tally) : text;
  }
  const inner = dataOf(record.value!, type, limits);
  return isRejection(inner) ? inner : document({ ...attributes }, inner.value, inner.replaced + tally.replaced);
}

function dataOf(bytes: Uint8Array, type: string | null, limits: Limits): Parsed | Rejection {
  if (type === null || /^[^;]*\b(json|\w+\+json)\b/.test(type)) return parseJson(bytes, limits);
  return schema(`The event's data is ${type.slice(0, 60)}, not JSON.`);
}

function document(ce: Record<string, unknown>, data: unknown, replaced: number): Parsed {
  const own = typeof data === "object" && data !== null && !Array.isArray(data) ? data : { data };
  return { value: { id: ce.id, time: ce.time, ...own, ce }, replaced };
}

function header(record: RawRecord, name: string): string | null {
  const found = record.headers?.find((each) => each.name.toLowerCase() === name);
  return found?.value == null ? null : Buffer.from(found.value).toString("utf8");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function schema(detail: string): Rejection {
  return { reason: "schema", detail };
}
