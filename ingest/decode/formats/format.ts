import type { Rejection } from "../../../engine/rejection.ts";
import type { RawRecord, Within } from "../../../engine/source.ts";
import type { FlatReader } from "../flat.ts";
import { LIMITS, type Limits, type Parsed, parseJson } from "../json.ts";
import type { FieldsReader } from "../read-fields.ts";

/** What a monitor's picker wants of JSON, read from the bytes where that is cheaper than parsing them all. */
export interface ByteReaders {
  /** Of small records. */
  readonly flat: FlatReader | null;
  /** Of large ones. */
  readonly fields: FieldsReader | null;
}

/** How a record's bytes become the document that a monitor picks its event from. */
export interface Format {
  /** The value is not null. Never throws. With `readers` what nobody wants may be left out. */
  parse(record: RawRecord, readers?: ByteReaders): Parsed | Rejection;
  /**
   * What must be had before records [from, to) can be parsed: schemas that they name and that are not here yet. Null:
   * nothing. Rejects with a retryable TidegaugeError when it cannot be had just now.
   */
  prepare?(records: readonly RawRecord[], from: number, to: number): Promise<void> | null;
}

export function jsonFormat(limits: Limits = LIMITS): Format {
  const flatUpTo = Math.min(FLAT_BYTES, limits.recordBytes);
  return {
    parse(record, readers) {
      if (readers?.flat) {
        const { bytes, from, to } = record.within ?? whole(record.value!);
        const value = to - from <= flatUpTo ? readers.flat(bytes, from, to) : null;
        if (value !== null) return { value, replaced: 0 };
      }
      return parseJson(record.value!, limits, readers?.fields);
    },
  };
}

/** In larger ones the parser's native search for the end of a string wins. */
const FLAT_BYTES = 1024;

function whole(bytes: Uint8Array): Within {
  return { bytes, from: 0, to: bytes.length };
}
