import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { RawRecord } from "../../engine/source.ts";
import { createDecoder, type DecoderOptions } from "./decoder.ts";

const numeric = z.strictObject({ value: z.number() });
const vector = z.strictObject({
  text: z.string(),
  session: z.string().optional(),
  embedding: z.union([z.array(z.number()).length(3), z.string()]).optional(),
});
const either = z
  .strictObject({ value: z.number().optional(), error: z.union([z.literal(0), z.literal(1)]).optional() })
  .refine((event) => (event.value === undefined) !== (event.error === undefined));

function record(value: string | Uint8Array | null, more: Partial<RawRecord> = {}): RawRecord {
  return { offset: 0, key: null, time: null, value: typeof value === "string" ? Buffer.from(value) : value, ...more };
}

function decode<Event>(options: DecoderOptions<Event>, value: string | Uint8Array | null, more?: Partial<RawRecord>) {
  return createDecoder(options)(record(value, more));
}

function reason(options: DecoderOptions, value: string | Uint8Array, more?: Partial<RawRecord>): string {
  const result = decode(options, value, more);
  return result !== null && "reason" in result ? result.reason : "accepted";
}

describe("a record that fits", () => {
  test("becomes an event with key, time and id from their default places", () => {
    const text = '{"key":"bot-7","time":"2024-02-29T12:00:00.5+01:00","id":"e1","value":1.5,"other":[1]}';
    expect(decode({ event: numeric }, text)).toEqual({
      key: "bot-7",
      time: Date.UTC(2024, 1, 29, 11, 0, 0, 500),
      id: "e1",
      event: { value: 1.5 },
      replaced: 0,
    });
  });

  test("takes every field from the place that its pointer names", () => {
    const options = { event: numeric, key: "/a~1b", fields: { value: "/m/1", time: "/at", id: "/n~0" } };
    expect(decode(options, '{"a/b":7,"m":[0,2.5],"at":1700000000000,"n~":12}')).toMatchObject({
      key: "7",
      time: 1_700_000_000_000,
      id: "12",
      event: { value: 2.5 },
    });
  });

  test("has a key of several labels, which no other labels have", () => {
    const options = { event: numeric, key: ["/model", "/version"] };
    const keyOf = (model: unknown, version: unknown) => {
      const decoded = decode(options, JSON.stringify({ value: 1, model, version }), { key: Buffer.from("record") });
      return decoded !== null && "key" in decoded ? decoded.key : decoded?.detail;
    };
    expect(keyOf("small", 2)).toBe("small | 2");
    expect(keyOf("a | b", "c")).toBe("a || b | c");
    expect(keyOf("a", "b | c")).toBe("a | b || c");
    expect(keyOf("small", undefined)).toBe("The key's label /version is missing.");
    expect(keyOf(null, undefined)).toBe("record");
    expect(keyOf("x".repeat(200), "y".repeat(100))).toMatch(/more than 256 bytes/);
  });

  test("without key and time has those of the record, else one key and none", () => {
    const named = { key: Buffer.from("schlüssel"), time: 5 };
    expect(decode({ event: numeric }, '{"value":1}', named)).toMatchObject({ key: "schlüssel", time: 5 });
    expect(decode({ event: numeric }, '{"value":1,"key":null,"time":null}')).toMatchObject({ key: "all", time: null });
  });

  test("may have null for an optional field, and a byte order mark", () => {
    expect(decode({ event: vector }, '\ufeff{"text":"a","session":null}')).toMatchObject({ event: { text: "a" } });
  });

  test("has NUL and lone surrogates replaced in texts and ids, and says how many", () => {
    const text = String.raw`{"text":"a\u0000b\ud800","session":"\ud83d\ude00","key":"k","id":"\u0000"}`;
    const decoded = decode({ event: vector }, text);
    expect(decoded).toEqual({
      key: "k",
      event: { text: "a\ufffdb\ufffd", session: "😀" },
      id: "\ufffd",
      time: null,
      replaced: 2,
    });
  });

  test("has its key refused when it would have to be mended: two broken keys must not become one", () => {
    for (const key of [String.raw`k\u0000`, String.raw`k\udc00`]) {
      expect(reason({ event: numeric }, `{"value":1,"key":"${key}"}`)).toBe("bad-key");
    }
    expect(decode({ event: numeric }, '{"value":1,"key":"k\ufffd"}')).toMatchObject({ key: "k\ufffd" });
  });

  test("may carry __proto__ anywhere without harm", () => {
    const text = '{"__proto__":{"value":9,"key":"evil"},"constructor":1,"value":1}';
    expect(decode({ event: numeric }, text)).toMatchObject({ key: "all", event: { value: 1 } });
    expect(reason({ event: numeric }, '{"__proto__":{"value":9}}')).toBe("missing-field");
    expect(reason({ event: numeric, fields: { value: "/toString/length" } }, "{}")).toBe("missing-field");
  });

  test("that is a tombstone is neither event nor rejection", () => {
    expect(decode({ event: numeric }, null)).toBeNull();
  });
});

describe("a record that does not fit is refused as", () => {
  const cases: [string, DecoderOptions, string | Uint8Array][] = [
    ["not-json", { event: numeric }, '{"value":1'],
    ["not-json", { event: numeric }, ""],
    ["not-json", { event: numeric }, '{"value":nan}'],
    ["not-json", { event: vector }, Buffer.from([0x22, 0xff, 0x22])],
    ["not-json", { event: vector }, '{"text":"NaN" Infinity'],
    ["not-finite", { event: numeric }, '{"value":NaN}'],
    ["not-finite", { event: numeric }, '{"a":"NaN\\"","value":-Infinity}'],
    ["not-finite", { event: numeric }, '{"value":1e400}'],
    ["not-finite", { event: vector }, '{"text":"a","embedding":[1,-1e400,2]}'],
    ["out-of-range", { event: numeric }, '{"value":1e101}'],
    ["out-of-range", { event: vector }, '{"text":"a","embedding":[1,2,-1e300]}'],
    ["out-of-range", { event: numeric }, '{"value":1,"time":1e300}'],
    ["missing-field", { event: numeric }, '{"values":1}'],
    ["missing-field", { event: numeric }, "[1]"],
    ["missing-field", { event: either }, "{}"],
    ["schema", { event: either }, '{"value":1,"error":1}'],
    ["schema", { event: either }, '{"error":2}'],
    ["wrong-type", { event: either }, '{"error":true}'],
    ["wrong-type", { event: numeric }, '{"value":"1"}'],
    ["wrong-type", { event: numeric }, '{"value":true}'],
    ["wrong-type", { event: numeric }, '{"value":null}'],
    ["wrong-type", { event: numeric }, "7"],
    ["wrong-type", { event: numeric }, "null"],
    ["wrong-type", { event: numeric }, '{"value":1,"time":"yesterday"}'],
    ["wrong-type", { event: numeric }, '{"value":1,"id":[]}'],
    ["wrong-type", { event: numeric }, '{"value":1,"key":{}}'],
    ["wrong-type", { event: vector }, '{"text":"a","embedding":[1,"2",3]}'],
    ["wrong-dimension", { event: vector }, '{"text":"a","embedding":[1,2]}'],
    ["bad-key", { event: numeric }, '{"value":1,"key":""}'],
    ["bad-key", { event: numeric }, '{"value":1,"key":"a\\u0007"}'],
    ["bad-key", { event: numeric }, '{"value":1,"key":12345678901234567890}'],
    ["bad-key", { event: numeric }, `{"value":1,"key":"${"é".repeat(129)}"}`],
    ["too-deep", { event: numeric }, `{"value":1,"a":${"[".repeat(32)}${"]".repeat(32)}}`],
    ["too-deep", { event: numeric }, "[".repeat(500_000)],
    ["too-large", { event: numeric }, `{"value":1,"a":"${"x".repeat(1 << 20)}"}`],
  ];
  test.each(cases)("%s", (expected, options, value) => {
    expect(reason(options, value)).toBe(expected);
  });

  test("bad-key when the record's own key is empty, long or no UTF-8", () => {
    for (const key of [Buffer.from(""), Buffer.alloc(257, 97), Buffer.from([0xc3])]) {
      expect(reason({ event: numeric }, '{"value":1}', { key })).toBe("bad-key");
    }
  });

  test("whatever its schema names in a refinement's params", () => {
    const event = z.strictObject({ a: z.string() }).refine(() => false, { params: { reason: "tokenizer-mismatch" } });
    expect(reason({ event }, '{"a":"b"}')).toBe("tokenizer-mismatch");
  });
});

test("32 levels are not too deep, and brackets inside strings do not count", () => {
  expect(reason({ event: numeric }, `{"value":1,"a":${"[".repeat(31)}${"]".repeat(31)}}`)).toBe("accepted");
  expect(reason({ event: numeric }, `{"value":1,"a":"\\"${"[{".repeat(100)}"}`)).toBe("accepted");
});

test("details are one sentence, bounded, and quote no control characters of the record", () => {
  const event = z.strictObject({ x: z.record(z.string(), z.number()) });
  const result = decode({ event }, JSON.stringify({ x: { [`${"n".repeat(500)}\n`]: "1", "a\nb": "2" } }));
  const detail = result !== null && "reason" in result ? result.detail : "";
  expect(detail).toMatch(/^Field x, at n+…, is a string, not a number\.$/);
  expect(detail.length).toBeLessThan(120);
});

test("a pointer that is none and a field that the detector does not have are config errors", () => {
  expect(() => createDecoder({ event: numeric, key: "bot" })).toThrow(/key: "bot" is not a JSON pointer/);
  expect(() => createDecoder({ event: numeric, fields: { valeu: "/v" } })).toThrow(/fields\.valeu/);
});
