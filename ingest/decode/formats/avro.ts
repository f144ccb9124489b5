import avro, { type Schema, type Type, types } from "avsc";
import type { Limits } from "../json.ts";
import { toPlain } from "./plain.ts";
import type { Compile } from "./registered.ts";

/** Numbers, as in JSON: beyond 2⁵³ they are rounded. */
const LONG = types.LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer(value: number) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "number",
  compare: (a: number, b: number) => a - b,
});

class Microseconds extends types.LogicalType {
  protected override _fromValue(value: number): number {
    return value / 1000;
  }
}

class Decimal extends types.LogicalType {
  readonly #scale: number;
  constructor(schema: Schema, options?: object) {
    super(schema, options as never);
    this.#scale = Number((schema as { scale?: number }).scale ?? 0);
  }
  protected override _fromValue(value: Buffer): number {
    const unscaled = value.length === 0 ? 0n : BigInt.asIntN(8 * value.length, BigInt(`0x${value.toString("hex")}`));
    return Number(unscaled) / 10 ** this.#scale;
  }
}

const LOGICAL = { "timestamp-micros": Microseconds, "local-timestamp-micros": Microseconds, decimal: Decimal };

/** Times become epoch milliseconds, decimals numbers, bytes base64, unions their value. */
export function compileAvro(limits: Limits): Compile {
  return (schema) => {
    if (schema.kind !== "AVRO") throw new RangeError(`it is of kind ${schema.kind}`);
    const registry: Record<string, Type> = {};
    const open = (text: string): Type =>
      avro.Type.forSchema(JSON.parse(text) as Schema, {
        registry,
        logicalTypes: LOGICAL as never,
        wrapUnions: "never" as never,
        noAnonymousTypes: false,
        typeHook: (each) => (each === "long" ? LONG : undefined) as never,
      });
    for (const text of schema.references.values()) open(text);
    const type = open(schema.text);
    return (body) => toPlain(type.fromBuffer(body, undefined, false), limits);
  };
}
