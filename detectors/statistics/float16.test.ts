import fc from "fast-check";
import { expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "./float16.ts";

const one = (value: number): number => toFloat16(Float32Array.of(value))[0]!;

test("every one of the 65,536 halves survives the way there and back", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = toFloat16(fromFloat16(all));
  for (let i = 0; i < 65536; i++) {
    const isNaN16 = (i & 0x7c00) === 0x7c00 && (i & 1023) !== 0;
    if (isNaN16) expect(back[i]! & 0x7fff).toBe(0x7e00);
    else expect(back[i]).toBe(i);
  }
});

test("known values have the bits of IEEE 754", () => {
  expect(one(1)).toBe(0x3c00);
  expect(one(-2)).toBe(0xc000);
  expect(one(65504)).toBe(0x7bff);
  expect(one(65519.99)).toBe(0x7bff);
  expect(one(65520)).toBe(0x7c00);
  expect(one(1 / 3)).toBe(0x3555);
  expect(one(2 ** -24)).toBe(1);
  expect(one(2 ** -14)).toBe(0x400);
  expect(one(-0)).toBe(0x8000);
  expect(one(Number.NEGATIVE_INFINITY)).toBe(0xfc00);
});

test("halfway goes to the even neighbour", () => {
  expect(one(2 ** -25)).toBe(0);
  expect(one(3 * 2 ** -25)).toBe(2);
  expect(one(1 + 2 ** -11)).toBe(0x3c00);
  expect(one(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(one(1 + 2 ** -11 + 2 ** -23)).toBe(0x3c01);
  expect(one(2 ** -14 - 2 ** -25)).toBe(0x400);
});

test("no other half is nearer", () => {
  const halves = fromFloat16(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -65000, max: 65000 }), (value) => {
      const bits = one(value) & 0x7fff;
      const size = Math.abs(value);
      const gap = Math.abs(halves[bits]! - size);
      for (const other of [bits - 1, bits + 1]) {
        if (other < 0 || other >= 0x7c00) continue;
        const otherGap = Math.abs(halves[other]! - size);
        expect(otherGap > gap || (otherGap === gap && bits % 2 === 0)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
