import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decompress, decompressZstdSlowly } from "./codecs.ts";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappy } from "./snappy.ts";

test("a compression bomb is refused, not memory", () => {
  const member = gzipSync(Buffer.alloc(8 << 20), { level: 1 });
  const bomb = Buffer.concat(Array.from({ length: 33 }, () => member));
  expect(() => decompress(1, bomb)).toThrow(/larger than/);
});

test("a codec that nobody knows is named", () => {
  expect(() => decompress(5, Buffer.alloc(3))).toThrow("its compression (codec 5) is unknown");
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
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]),
  );
  fc.assert(
    fc.property(mark, fc.uint8Array({ maxLength: 64 }), (start, rest) => {
      const data = Buffer.concat([start, rest]);
      for (const each of [decompressSnappy, decompressLz4, decompressZstdSlowly]) {
        try {
          each(data);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
