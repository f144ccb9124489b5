import type { Rejection } from "../../../engine/rejection.ts";
import type { RawRecord } from "../../../engine/source.ts";
import { LIMITS, type Limits, type Parsed, parseJson } from "../json.ts";
import type { FieldsReader } from "../read-fields.ts";

/** How a record's bytes become the document that a monitor picks its event from. */
export interface Format {
  /** The value is not null. Never throws. `fields`: what may be read from the bytes of JSON, instead. */
  parse(record: RawRecord, fields?: FieldsReader | null): Parsed | Rejection;
  /**
   * What must be had before records [from, to) can be parsed: schemas that they name and that are not here yet. Null:
   * nothing. Rejects with a retryable TidegaugeError when it cannot be had just now.
   */
  prepare?(records: readonly RawRecord[], from: number, to: number): Promise<void> | null;
}

export function jsonFormat(limits: Limits = LIMITS): Format {
  return { parse: (record, fields) => parseJson(record.value!, limits, fields) };
}
