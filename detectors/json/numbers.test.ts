import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Detector } from "../../engine/detector.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { contextDrift } from "../context-drift/context-drift.ts";
import { semanticCycles } from "../semantic-cycles/semantic-cycles.ts";
import { shortText } from "../short-text/short-text.ts";
import { decimal, readDecimal } from "./decimal.ts";
import { MOST_NUMBERS, openDecimals } from "./decimals.ts";
import { createNumbersReader } from "./numbers.ts";

const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 24 });
const decimals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -40, max: 0, noNaN: true }).map(String),
  fc.float({ min: -1, max: 1, noNaN: true }).map(String),
  fc.tuple(digits, digits).map(([whole, fraction]) => `-${whole.replace(/^0+(?=\d)/, "")}.${fraction}`),
  // The middle between two neighbours, and beside it.
  fc
    .tuple(fc.integer({ min: 2 ** 49, max: 2 ** 50 }), fc.constantFrom("0625", "06250001", "0624999"))
    .map(([n, rest]) => `${n}.${rest}`),
  fc.tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 54n }), fc.integer({ min: 1, max: 4 })).map(([n, places]) => {
    const all = String(n * 5n ** BigInt(places));
    return `${all.slice(0, -places)}.${all.slice(-places)}`;
  }),
  fc.tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 54n }), fc.integer({ min: 1, max: 22 })).map(([n, power]) => {
    return `${n / 5n ** BigInt(power)}e${power}`;
  }),
  fc
    .tuple(fc.maxSafeInteger(), fc.constantFrom("e", "E", "e-", "e+0"), fc.integer({ min: 0, max: 60 }))
    .map(([n, e, power]) => `${n}${e}${power}`),
);

test("numbers are rounded as JSON.parse rounds them, whatever their digits", () => {
  fc.assert(
    fc.property(decimals, (text) => {
      const bytes = Buffer.from(`${text},`);
      expect([text, readDecimal(bytes, 0), decimal.end]).toEqual([text, JSON.parse(text), text.length]);
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 20_000), seed: 9 },
  );
});

describe.each([
  { by: "in WebAssembly", readNumbers: createNumbersReader(openDecimals()) },
  { by: "where there is none", readNumbers: createNumbersReader(openDecimals(null)) },
])("a list of numbers from its bytes, $by", ({ readNumbers }) => {
  test("has those of JSON.parse and ends where it ends", () => {
    const blank = fc.constantFrom("", "", " ", "\n\t", "\r ");
    const list = fc.array(fc.tuple(blank, decimals, blank), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(list, (pieces) => {
        const text = `[${pieces.map((piece) => piece.join("")).join(",")}]`;
        const numbers: number[] = JSON.parse(text);
        const read = readNumbers(Buffer.from(`{"e":${text},"x":1}`), 5);
        const sound = numbers.every((number) => Math.abs(number) <= 1e100);
        expect([text, read]).toEqual([
          text,
          sound ? { value: Float64Array.from(numbers), end: 5 + text.length } : null,
        ]);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 2000), seed: 8 },
    );
  });

  test("may be longer than what is read at once", () => {
    const numbers = Array.from({ length: MOST_NUMBERS }, (_, i) => Math.sin(i) / (i % 7 === 0 ? 1e60 : 1));
    const text = `[${numbers.join(",".padEnd(50))}]`;
    expect(readNumbers(Buffer.from(text), 0)).toEqual({ value: Float64Array.from(numbers), end: text.length });
  });

  test("is left to JSON.parse where it is anything else", () => {
    const good = "[1,-2.5]";
    expect(readNumbers(Buffer.from(good), 0)).not.toBeNull();
    const wrong = [
      "01",
      "-01",
      "1.",
      ".5",
      "+1",
      "1e",
      "1e+",
      "-",
      "- 1",
      "0x1",
      "1.e5",
      "00",
      "1_0",
      "1:",
      "1/",
      "1.5.5",
    ];
    const bad = [...wrong, "NaN", "null", '"1"', "1e101", "-1e400", "[]", "", "1 2"].flatMap((number) => [
      `[1,${number}]`,
      `[${number},1]`,
    ]);
    bad.push("[]", "{}", '"[1]"', "", "1", JSON.stringify(Array(MOST_NUMBERS + 1).fill(1)));
    for (let cut = 0; cut < good.length; cut++) bad.push(good.slice(0, cut));
    for (const text of bad) expect([text, readNumbers(Buffer.from(text), 0)]).toEqual([text, null]);
  });
});

test("an embedding is read in WebAssembly but for its last number", () => {
  const numbers = Array.from({ length: 384 }, (_, i) => Math.fround(Math.sin(i + 1) / 20 ** (i % 4)));
  const { open, skip, values } = openDecimals();
  open(Buffer.from(`[${numbers.join(", ")}]`), 1);
  expect(skip(1, 0).count).toBe(383);
  expect(Array.from(values.subarray(0, 383))).toEqual(numbers.slice(0, 383));
});

const EMBEDDINGS: readonly { readonly detector: Detector; readonly rest: object }[] = [
  { detector: shortText, rest: { text: "t" } },
  { detector: contextDrift, rest: { conversation: "c", turn: 0 } },
  { detector: semanticCycles, rest: { chain: "c", generation: 0 } },
];

describe.each(EMBEDDINGS)("the embedding of $detector.name", ({ detector: { event, reads }, rest }) => {
  const decode = (text: string, how: typeof reads) =>
    createDecoder({ event, reads: how })({ offset: 0, key: null, time: null, value: Buffer.from(text) });
  const embedding = Array.from({ length: 384 }, (_, i) => Math.fround(Math.sin(i + 1) / 20));

  test("is the same from bytes as by JSON.parse, or refused for the same reason", () => {
    const text = JSON.stringify({ ...rest, embedding });
    expect(decode(text, reads)).toMatchObject({ event: { embedding: Float64Array.from(embedding) } });
    expect(decode(text, {})).toMatchObject({ event: { embedding } });
    const [first, second] = embedding.map(String) as [string, string];
    const refused = [
      text.slice(0, -1),
      text.replace(first, "null"),
      text.replace(second, '"1"'),
      text.replace(second, "1e101"),
      text.replace(second, "NaN"),
      text.replace(second, `[${second}]`),
      JSON.stringify({ ...rest, embedding: [], pad: "x".repeat(5000) }),
      JSON.stringify({ ...rest, embedding: Array(MOST_NUMBERS + 1).fill(0.5) }),
    ];
    for (const each of refused) {
      expect(decode(each, reads)).toEqual(decode(each, {}));
      expect(decode(each, reads)).toHaveProperty("reason");
    }
  });
});
