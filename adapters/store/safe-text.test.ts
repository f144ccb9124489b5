import fc from "fast-check";
import { expect, test } from "vitest";
import { byteaArray, float8Array, int8Array, textArray } from "./binary-array.ts";
import { fromText, toText } from "./safe-text.ts";

const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom("\0", "\u001b", "\ud800", "\udbff", "\udc00", "\u{1f600}", "0", "d"), fc.string()),
});

test("any string survives storage, and what is stored is text that Postgres takes", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = toText(text);
      expect(fromText(stored)).toBe(text);
      expect(stored.includes("\0")).toBe(false);
      expect(Buffer.from(stored, "utf8").toString("utf8")).toBe(stored);
    }),
  );
});

test("an ordinary string is stored as it is", () => {
  for (const text of ["", "bot-7", "Zürich", "\u{1f600}", "a\tb\n"]) expect(toText(text)).toBe(text);
});

test("arrays have the wire format of the server", () => {
  const hex = (parameter: { toPostgres(): Buffer }) => parameter.toPostgres().toString("hex");
  const header = (type: string, length: string) => `0000000100000001${type}${length}00000001`;
  expect(hex(textArray(["aé", null]))).toBe(`${header("00000019", "00000002")}0000000361c3a9ffffffff`);
  expect(hex(byteaArray([Uint8Array.of(0, 255)]))).toBe(`${header("00000011", "00000001")}0000000200ff`);
  expect(hex(int8Array([-2, 2 ** 53]))).toBe(
    `${header("00000014", "00000002")}00000008fffffffffffffffe000000080020000000000000`,
  );
  expect(hex(float8Array([1]))).toBe(`${header("000002bd", "00000001")}000000083ff0000000000000`);
  expect(hex(textArray([]))).toBe(header("00000019", "00000000"));
});
