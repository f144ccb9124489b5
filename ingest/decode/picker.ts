import type { ZodObject, ZodType } from "zod";
import { TidegaugeError } from "../../engine/errors.ts";
import { MAX_MAGNITUDE, type Rejection } from "../../engine/rejection.ts";
import type { RawRecord } from "../../engine/source.ts";
import { rejectionOf } from "./issues.ts";
import type { Parsed } from "./json.ts";
import { compileKey, type KeyPlace } from "./key.ts";
import { findBadNumber } from "./numbers.ts";
import { compilePointer, type Getter } from "./pointer.ts";
import { readTime } from "./time.ts";

export interface PickerOptions<Event = unknown> {
  /** The detector's event schema. */
  readonly event: ZodObject & ZodType<Event>;
  /** JSON pointers of the event's own fields, of `time` and of `id`; /name where none is given. */
  readonly fields?: Readonly<Record<string, string>>;
  /** JSON pointer of the key, or of its labels; /key where none is given. An event without it has the record's key, else "all". */
  readonly key?: KeyPlace;
  /** A last look at a valid event, where the schema cannot say it. */
  readonly check?: (event: Event) => Rejection | null;
}

export interface Decoded<Event = unknown> {
  readonly key: string;
  readonly event: Event;
  /** Epoch milliseconds. */
  readonly time: number | null;
  readonly id: string | null;
  /** Strings of the record in which NUL or lone surrogates were replaced. */
  readonly replaced: number;
}

export type Picker<Event = unknown> = (parsed: Parsed, record: RawRecord) => Decoded<Event> | Rejection;

/** Picks a monitor's event out of a parsed record and validates it: the half of decoding that differs per monitor. */
export function createPicker<Event>(options: PickerOptions<Event>): Picker<Event> {
  const schema = options.event;
  const names = Object.keys(schema.shape);
  // Others are never picked: a schema that looks for none of them is compiled by zod, one that refuses them is not.
  const fit = schema.strip() as typeof schema;
  const pointers = pointersOf(names, options.fields ?? {});
  const getters = names.map((name): Getter => compilePointer(pointers[name]!, `fields.${name}`));
  const nullMeansAbsent = names.map((name) => isOptionalNotNullable(schema.shape[name] as ZodType));
  const takesRoot = names.some((name) => pointers[name] === "");
  const getKey = compileKey(options.key);
  const getTime = compilePointer(pointers.time!, "fields.time");
  const getId = compilePointer(pointers.id!, "fields.id");

  return (parsed, record) => {
    const document = parsed.value;
    if ((typeof document !== "object" || document === null) && !takesRoot) {
      return { reason: "wrong-type", detail: "The record is JSON but not an object." };
    }
    const picked: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const read = parsed.read?.[names[i]!];
      if (read !== undefined) {
        picked[names[i]!] = read;
        continue;
      }
      const value = getters[i]!(document);
      if (value === undefined || (value === null && nullMeansAbsent[i])) continue;
      if (typeof value === "object" || (typeof value === "number" && !(Math.abs(value) <= MAX_MAGNITUDE))) {
        const bad = findBadNumber(value, [names[i]!]);
        if (bad !== null) return bad;
      }
      picked[names[i]!] = value;
    }
    const result = fit.safeParse(picked);
    if (!result.success) return rejectionOf(result.error.issues, picked);
    const event = result.data as Event;

    const key = keyIn(getKey(document, record.key), parsed);
    if (typeof key !== "string") return key;
    const time = readTime(getTime(document), record.time);
    if (time !== null && typeof time !== "number") return time;
    const id = readId(getId(document));
    if (id !== null && typeof id !== "string") return id;
    const refused = options.check?.(event) ?? null;
    if (refused !== null) return refused;
    return { key, event, time, id, replaced: parsed.replaced };
  };
}

/** The key alone, of a parsed record. */
export function createKeyPicker(place?: KeyPlace): (parsed: Parsed, record: RawRecord) => string | Rejection {
  const getKey = compileKey(place);
  return (parsed, record) => keyIn(getKey(parsed.value, record.key), parsed);
}

function keyIn(key: string | Rejection, { replaced }: Parsed): string | Rejection {
  // What was mended in it is not known any more: two broken keys could become one.
  return replaced > 0 && typeof key === "string" && key.includes("\ufffd") ? BROKEN_KEY : key;
}

/** Of fields, time and id. */
export function pointersOf(names: readonly string[], given: Readonly<Record<string, string>>): Record<string, string> {
  const known = new Set([...names, "time", "id"]);
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    throw new TidegaugeError("CONFIG_INVALID", {
      where: `fields.${name}`,
      what: "this detector's events have no such field",
      fix: `It knows ${[...known].join(", ")}`,
    });
  }
  const pairs = [...known].map((name) => [name, given[name] ?? `/${name}`]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Producers write null for what they do not have; that is a mistake only where the field is needed. */
function isOptionalNotNullable(field: ZodType): boolean {
  return field.safeParse(undefined).success && !field.safeParse(null).success;
}

function readId(value: unknown): string | null | Rejection {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return { reason: "wrong-type", detail: "The id is neither a string nor a number." };
}

const BROKEN_KEY: Rejection = Object.freeze({
  reason: "bad-key" as const,
  detail: "The key has a NUL character or half of a surrogate pair.",
});
