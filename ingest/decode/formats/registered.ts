import type { Rejection } from "../../../engine/rejection.ts";
import type { RawRecord } from "../../../engine/source.ts";
import type { RegisteredSchema, Registry } from "../../registry/registry.ts";
import { type Limits, type Parsed, tooLarge } from "../json.ts";
import type { Format } from "./format.ts";

/** Reads what follows the header. May throw: the record does not fit its schema. */
export type ReadBody = (body: Buffer) => Parsed | Rejection;

/** Compiles a schema of the registry. May throw: it cannot be understood. */
export type Compile = (schema: RegisteredSchema) => ReadBody;

/** A zero byte, then the schema's id. */
const HEADER = 5;
/** After this long an id that was unknown is asked for again. */
const UNKNOWN_MS = 30_000;

interface Known {
  readonly read: ReadBody | null;
  /** Why it cannot be read. */
  readonly why: string;
  readonly until: number;
}

/** Records in the registry's wire format: each names its schema, which is fetched once. */
export function registeredFormat(registry: Registry, compile: Compile, limits: Limits): Format {
  const known = new Map<number, Known>();
  const asked = new Map<number, Promise<void>>();

  async function learn(id: number): Promise<void> {
    const schema = await registry.fetch(id);
    if (schema === null) {
      known.set(id, { read: null, why: `The registry knows no schema ${id}.`, until: Date.now() + UNKNOWN_MS });
      return;
    }
    try {
      known.set(id, { read: compile(schema), why: "", until: Number.POSITIVE_INFINITY });
    } catch (error) {
      const why = `Schema ${id} cannot be used: ${(error as Error).message.slice(0, 200)}`;
      known.set(id, { read: null, why, until: Number.POSITIVE_INFINITY });
    }
  }

  return {
    prepare(records, from, to) {
      let waits: Promise<void>[] | null = null;
      let last = -1;
      for (let i = from; i < to; i++) {
        const id = schemaIdOf(records[i]!);
        if (id === null || id === last) continue;
        last = id;
        if ((known.get(id)?.until ?? 0) > Date.now()) continue;
        const wait = asked.get(id) ?? learn(id).finally(() => asked.delete(id));
        asked.set(id, wait);
        waits ??= [];
        waits.push(wait);
      }
      return waits === null ? null : Promise.all(waits).then(() => undefined);
    },
    parse(record) {
      const value = record.value!;
      if (value.length > limits.recordBytes) return tooLarge(value.length, limits.recordBytes);
      const id = schemaIdOf(record);
      if (id === null) return { reason: "schema", detail: "The record does not begin with the id of a schema." };
      const schema = known.get(id);
      if (!schema?.read) return { reason: "schema", detail: schema?.why ?? `Schema ${id} is not known yet.` };
      try {
        return schema.read(Buffer.from(value.buffer, value.byteOffset + HEADER, value.byteLength - HEADER));
      } catch (error) {
        const detail = `The record does not fit schema ${id}: ${(error as Error).message.slice(0, 200)}`;
        return { reason: "schema", detail };
      }
    },
  };
}

function schemaIdOf({ value }: RawRecord): number | null {
  if (value === null || value.length < HEADER || value[0] !== 0) return null;
  return ((value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!) >>> 0;
}
