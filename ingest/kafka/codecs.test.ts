import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { poisonOf, registerCodecs } from "./codecs.ts";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappy } from "./snappy.ts";

const load = createRequire(import.meta.url);

interface Decoded {
  readonly records: readonly { readonly offset: string; readonly value: Buffer }[];
}

/** A record batch by kafkajs's own encoder, its compressed part changed. */
async function batchWith(codec: number, values: readonly string[], damage: (data: Buffer) => Buffer): Promise<Decoded> {
  registerCodecs();
  const { RecordBatch } = load("kafkajs/src/protocol/recordBatch/v0") as {
    RecordBatch(options: object): Promise<{ readonly buffer: Buffer }>;
  };
  const Record = load("kafkajs/src/protocol/recordBatch/record/v0") as (options: object) => object;
  const Decoder = load("kafkajs/src/protocol/decoder") as new (data: Buffer) => object;
  const decode = load("kafkajs/src/protocol/recordBatch/v0/decoder") as (decoder: object) => Promise<Decoded>;
  const records = values.map((value, offsetDelta) => Record({ value, offsetDelta, timestampDelta: 0 }));
  const { buffer } = await RecordBatch({ compression: 1, firstOffset: 40, records });
  const head = 61;
  const data = damage(buffer.subarray(head));
  const whole = Buffer.concat([buffer.subarray(0, head), data]);
  whole.writeInt32BE(whole.length - 12, 8);
  whole.writeInt16BE((whole.readInt16BE(21) & ~7) | codec, 21);
  return decode(new Decoder(whole));
}

test("a batch that cannot be decompressed becomes as many marked records, at its first offset", async () => {
  const values = ["a", "b", "c"];
  const sound = await batchWith(1, values, (data) => data);
  expect(sound.records.map(({ offset, value }) => [offset, String(value), poisonOf(value)])).toEqual([
    ["40", "a", null],
    ["41", "b", null],
    ["42", "c", null],
  ]);
  for (const codec of [1, 2, 3]) {
    const { records } = await batchWith(codec, values, (data) => Buffer.alloc(data.length, 0xfe));
    expect(records.map(({ offset }) => offset)).toEqual(["40", "40", "40"]);
    for (const { value } of records) expect(poisonOf(value)).toMatch(/broken|incorrect header/);
  }
});

test("a compression bomb is poison, not memory", async () => {
  const member = gzipSync(Buffer.alloc(8 << 20), { level: 1 });
  const bomb = Buffer.concat(Array.from({ length: 33 }, () => member));
  const { records } = await batchWith(1, ["a"], () => bomb);
  expect(poisonOf(records[0]!.value)).toMatch(/larger than/);
});

test("snappy: literals, copies that overlap, and the framing of the Java library", () => {
  // Length 14; "drift " literal; copy of 8 from 6 back.
  const block = Buffer.from([14, 5 << 2, ...Buffer.from("drift "), (7 << 2) | 2, 6, 0]);
  expect(String(decompressSnappy(block))).toBe("drift drift dr");
  const framed = Buffer.concat([
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    Buffer.from([0, 0, 0, block.length]),
    block,
    Buffer.from([0, 0, 0, block.length]),
    block,
  ]);
  expect(String(decompressSnappy(framed))).toBe("drift drift drdrift drift dr");
});

test("lz4: a frame of a compressed and a stored block", () => {
  const block = Buffer.from([(6 << 4) | 4, ...Buffer.from("drift "), 6, 0, 0x10, 0x21]);
  const size = (bytes: number, stored: boolean) => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE((bytes | (stored ? 0x80000000 : 0)) >>> 0);
    return buffer;
  };
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const frame = Buffer.concat([
    header,
    size(block.length, false),
    block,
    size(2, true),
    Buffer.from("??"),
    Buffer.alloc(4),
  ]);
  expect(String(decompressLz4(frame))).toBe("drift drift dr!??");
});

test("any bytes are decompressed or refused with a RangeError", () => {
  const mark = fc.constantFrom(
    Buffer.from([]),
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
  );
  fc.assert(
    fc.property(mark, fc.uint8Array({ maxLength: 64 }), (start, rest) => {
      const data = Buffer.concat([start, rest]);
      for (const decompress of [decompressSnappy, decompressLz4]) {
        try {
          decompress(data);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }),
    { numRuns: 3000 },
  );
});
