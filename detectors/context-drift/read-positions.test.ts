import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { contextDrift } from "./context-drift.ts";
import { divergenceOfPositions } from "./positions.ts";
import { readPositions } from "./read-positions.ts";

const token = fc.oneof(
  fc.constantFrom("a", "b", " the", "Ġthe", "\n", '"', "\\", "é", "日本", "😀", "7", "", "\u0007"),
  fc.integer({ min: 0, max: 9 }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
);
const log = fc.oneof(
  fc.double({ min: -30, max: 0.01, noNaN: true }),
  fc.constantFrom(0, -0, -1, -1e-7, -1e6, -12.5, 0.01, -18.875, -1.1920928955078125e-7),
);
const list = fc.array(fc.tuple(token, log), { minLength: 1, maxLength: 8 });
const positions = fc.array(fc.record({ test: list, reference: list }), { minLength: 1, maxLength: 5 });

/** As writers write it: with spaces or without, with everything beyond ASCII escaped or nothing. */
function written(value: unknown, spaces: number, ascii: boolean): string {
  const text = JSON.stringify(value, null, spaces);
  return ascii ? text.replaceAll(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`) : text;
}

describe("positions from bytes", () => {
  test("come to what they come to by JSON.parse, bit for bit, and end where they end", () => {
    fc.assert(
      fc.property(positions, fc.integer({ min: 0, max: 2 }), fc.boolean(), (value, spaces, ascii) => {
        const text = written(value, spaces, ascii);
        const bytes = Buffer.from(`{"positions":${text}, "x": 1}`);
        const read = readPositions(bytes, 13);
        expect(read).toEqual({
          value: divergenceOfPositions(JSON.parse(text) as never),
          end: 13 + Buffer.byteLength(text),
        });
      }),
      { numRuns: 1000, seed: 8 },
    );
  });

  test("are left to JSON.parse where they are anything else", () => {
    const good = '[{"test":[["a",-1]],"reference":[["a",-1]]}]';
    expect(readPositions(Buffer.from(good), 0)).not.toBeNull();
    const bad = ["\\ud800", "\\u0000", "\\x", "\n"].map((text) => good.replace('"a"', `"${text}"`));
    for (const number of ["1", "-01", "-1.", "-.5", "+1", "-1e", "NaN", "null", '"-1"', "-1e9", "[]"])
      bad.push(good.replace("-1", number));
    bad.push("[]", "{}", "", good.replace('"reference"', '"test"'), good.replace('"test"', '"more":1,"test"'));
    for (let cut = 0; cut < good.length; cut++) bad.push(good.slice(0, cut));
    for (const text of bad) expect([text, readPositions(Buffer.from(text), 0)]).toEqual([text, null]);
  });
});

describe("a record with positions", () => {
  const fast = createDecoder({ event: contextDrift.event, reads: contextDrift.reads });
  const plain = createDecoder({ event: contextDrift.event });
  const one = { test: [["a", -0.5]], reference: [["b", -0.25]] };
  const many = (n = 200) => Array.from({ length: n }, () => one);
  const event = { conversation: "c", turn: 1, model: "m", positions: many(), end: true };
  const decoded = (decode: typeof fast, text: string) =>
    decode({ offset: 0, key: null, time: null, value: Buffer.from(text) });

  test("is decoded to the same event, or refused for the same reason, as by JSON.parse", () => {
    const text = JSON.stringify(event);
    expect(decoded(fast, text)).toMatchObject({ event: { positions: { mean: expect.any(Number) } } });
    const texts = [
      text,
      JSON.stringify(event, null, 2),
      `\ufeff${text}`,
      text.slice(0, -1),
      `${text}x`,
      text.replace('"end":true', '"end":true,"positions":[]'),
      text.replace('"end":true', '"divergence":1'),
      text.replace('"end":true', '"end":NaN'),
      text.replace('"end":true', '"outer":{"positions":[1,"}\\"]"]}'),
      text.replace('"positions"', '"\\u0070ositions"'),
      text.replace('"positions"', '"Positions"'),
      text.replace("-0.25", "1e400"),
      text.replace("-0.25", "0.5"),
      text.replace("-0.25", '"-1"'),
      text.replace('"a"', '"\\ud800"'),
      text.replace('"a"', "null"),
      text.replace('"m"', '"\\u0000"'),
      JSON.stringify([event]),
      JSON.stringify({ ...event, positions: { mean: 1, tokens: [] }, pad: "x".repeat(5000) }),
      JSON.stringify({ ...event, positions: many(70_000) }),
      JSON.stringify({ ...event, positions: [], pad: "x".repeat(5000) }),
    ];
    for (const each of texts) expect(decoded(fast, each)).toEqual(decoded(plain, each));
  });

  test("is read from where the pointer says, and not where something else is picked from it", () => {
    const fields = { positions: "/p" };
    const text = JSON.stringify({ conversation: 1, p: many() });
    const options = { event: contextDrift.event, reads: contextDrift.reads, fields };
    expect(decoded(createDecoder(options), text)).toEqual(decoded(createDecoder({ ...options, reads: {} }), text));
    const key = "/p/3/test/0/0";
    expect(decoded(createDecoder({ ...options, key }), text)).toMatchObject({ key: "a" });
  });
});
