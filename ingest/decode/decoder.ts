import type { FieldReader } from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";
import type { RawRecord } from "../../engine/source.ts";
import { createFlatReader } from "./flat.ts";
import { type Format, jsonFormat } from "./formats/format.ts";
import { isRejection, LIMITS, type Limits } from "./json.ts";
import { type KeyPlace, keyPointers } from "./key.ts";
import { createKeyPicker, createPicker, type Decoded, type PickerOptions, pointersOf } from "./picker.ts";
import { createFieldsReader } from "./read-fields.ts";

export interface DecoderOptions<Event = unknown> extends PickerOptions<Event> {
  readonly limits?: Partial<Limits>;
  /** Default JSON. */
  readonly format?: Format;
  /** The detector's. */
  readonly reads?: Readonly<Record<string, FieldReader>> | undefined;
}

/** Null is a tombstone: counted and passed over. */
export type Decoder<Event = unknown> = (record: RawRecord) => Decoded<Event> | Rejection | null;

/** Record → event, reason of rejection, or null. For several monitors on one stream use a format and a picker each. */
export function createDecoder<Event>(options: DecoderOptions<Event>): Decoder<Event> {
  const { parse } = options.format ?? jsonFormat({ ...LIMITS, ...options.limits });
  const pick = createPicker(options);
  const pointers = {
    ...pointersOf(Object.keys(options.event.shape), options.fields ?? {}),
    ...Object.fromEntries(keyPointers(options.key).map((pointer, i) => [`key ${i}`, pointer])),
  };
  const readers = {
    flat: createFlatReader(Object.values(pointers)),
    fields: createFieldsReader(options.reads ?? {}, pointers),
  };
  return (record) => {
    if (isTombstone(record)) return null;
    const parsed = parse(record, readers);
    return isRejection(parsed) ? parsed : pick(parsed, record);
  };
}

/** Record → the key that its event has, or why none can be told, or null for a tombstone. */
export function createKeyDecoder(format: Format, place?: KeyPlace): (record: RawRecord) => string | Rejection | null {
  const pick = createKeyPicker(place);
  const readers = { flat: createFlatReader(keyPointers(place)), fields: null };
  return (record) => {
    if (isTombstone(record)) return null;
    const parsed = format.parse(record, readers);
    return isRejection(parsed) ? parsed : pick(parsed, record);
  };
}

function isTombstone(record: RawRecord): boolean {
  return record.within === undefined && record.value === null;
}
