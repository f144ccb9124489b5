import type { Rejection } from "../../engine/rejection.ts";
import type { RawRecord } from "../../engine/source.ts";
import { isRejection, LIMITS, type Limits, parseJson } from "./json.ts";
import { createPicker, type Decoded, type PickerOptions } from "./picker.ts";

export interface DecoderOptions<Event = unknown> extends PickerOptions<Event> {
  readonly limits?: Partial<Limits>;
}

/** Null is a tombstone: counted and passed over. */
export type Decoder<Event = unknown> = (record: RawRecord) => Decoded<Event> | Rejection | null;

/** Record → event, reason of rejection, or null. For several monitors on one stream use parseJson and a picker each. */
export function createDecoder<Event>(options: DecoderOptions<Event>): Decoder<Event> {
  const limits = { ...LIMITS, ...options.limits };
  const pick = createPicker(options);
  return (record) => {
    if (record.value === null) return null;
    const parsed = parseJson(record.value, limits);
    return isRejection(parsed) ? parsed : pick(parsed, record);
  };
}
