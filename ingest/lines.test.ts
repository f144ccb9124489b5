import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter, isBlank } from "./lines.ts";

function split(chunks: readonly Buffer[], maxBytes: number): { lines: string[]; consumed: number } {
  const splitter = createLineSplitter(maxBytes);
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let line = splitter.next(); line !== null; line = splitter.next()) lines.push(line.toString("latin1"));
  }
  const rest = splitter.rest();
  if (rest !== null) lines.push(rest.toString("latin1"));
  return { lines, consumed: splitter.consumed() };
}

test("lines are the same however the text is cut into chunks, and the bytes add up", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r"), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), fc.integer({ min: 0, max: 8 }), (whole, cuts, maxBytes) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, i) => Buffer.from(bytes.subarray(places[i], end)));
      const expected = whole.split("\n");
      if (expected.at(-1) === "") expected.pop();
      const { lines, consumed } = split(chunks, maxBytes);
      expect(lines).toEqual(expected.map((line) => line.slice(0, maxBytes + 1)));
      expect(consumed).toBe(bytes.length);
    }),
    { numRuns: 2000 },
  );
});

test("of an endless line no more than the limit is kept", () => {
  const splitter = createLineSplitter(1000);
  const chunk = Buffer.alloc(1 << 16, 97);
  for (let i = 0; i < 1000; i++) {
    splitter.push(chunk);
    expect(splitter.next()).toBeNull();
  }
  splitter.push(Buffer.from("\nnext\n"));
  expect(splitter.next()).toHaveLength(1001);
  expect(splitter.next()?.toString()).toBe("next");
  expect(splitter.consumed()).toBe(1000 * (1 << 16) + 6);
});

test("a line of other control characters is not blank: it must be accounted for", () => {
  for (const byte of [0, 1, 0x0b, 0x0c, 0x1f]) expect(isBlank(Buffer.of(byte))).toBe(false);
});

test("a line of spaces, tabs and returns is blank", () => {
  expect(["", " ", "\t \r"].map((line) => isBlank(Buffer.from(line)))).toEqual([true, true, true]);
  expect(isBlank(Buffer.from(" 1"))).toBe(false);
});
