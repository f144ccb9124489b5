import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { REASONS } from "../../engine/rejection.ts";
import { createDecoder } from "./decoder.ts";

const decoders = [
  z.strictObject({ value: z.number() }),
  z.strictObject({
    text: z.string(),
    session: z.string().optional(),
    embedding: z.union([z.array(z.number()).min(1).max(4), z.string()]).optional(),
  }),
  z.strictObject({
    x: z.union([z.array(z.number()), z.record(z.string(), z.number())]),
    y: z.array(z.string()),
    positions: z.array(z.strictObject({ test: z.array(z.tuple([z.string(), z.number()])) })).optional(),
  }),
].map((event) => createDecoder({ event: event as z.ZodObject }));

const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e308, -1e101, 0, 1e100, 2 ** 53));
const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("\0", "\ud800", "__proto__", "NaN"));
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    numbers,
    texts,
    fc.constantFrom(null, true, false),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(texts, tie("value"), { maxKeys: 4 }),
  ),
})).value;
const shaped = fc.record(
  {
    key: anything,
    time: fc.oneof(anything, numbers, fc.constant("2024-01-01T00:00:00Z")),
    id: anything,
    value: anything,
    text: fc.oneof(texts, anything),
    session: anything,
    embedding: fc.oneof(fc.array(numbers), anything),
    x: fc.oneof(fc.array(numbers), fc.dictionary(texts, numbers), anything),
    y: fc.oneof(fc.array(texts), anything),
    positions: anything,
    __proto__: anything,
  },
  { requiredKeys: [] },
);

/** As careless writers do it: bare NaN and Infinity, escapes for everything, a byte flipped, the end missing. */
const bytes = fc
  .tuple(fc.oneof(shaped, anything), fc.constantFrom("plain", "bare", "huge", "flip", "cut", "deep"), fc.nat())
  .map(([value, damage, at]) => {
    const text = JSON.stringify(value);
    if (damage === "bare") return Buffer.from(text.replace(/null|\d+/, at % 2 === 0 ? "NaN" : "-Infinity"));
    if (damage === "huge") return Buffer.from(text.replace(/\d+/, "1e999"));
    if (damage === "deep") return Buffer.from(`${"[".repeat(at % 70)}${text}${"]".repeat(at % 70)}`);
    const buffer = Buffer.from(text);
    if (damage === "flip") buffer[at % buffer.length] = at & 0xff;
    return damage === "cut" ? buffer.subarray(0, at % buffer.length) : buffer;
  });

test("any bytes are accepted or refused with a reason of the list, and nothing throws", { timeout: 600_000 }, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.oneof({ weight: 4, arbitrary: bytes }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) }),
      fc.option(fc.uint8Array({ maxLength: 300 })),
      fc.nat(decoders.length - 1),
      (value, key, which) => {
        const result = decoders[which]!({ offset: 0, key, value, time: null });
        expect(result).not.toBeNull();
        if ("reason" in result!) {
          expect(REASONS).toContain(result.reason);
          expect(result.detail).toMatch(/^[A-Z][^\n\0]*\.$/u);
          expect(result.detail.length).toBeLessThan(400);
          seen.add(result.reason);
        } else {
          expect(Buffer.byteLength(result!.key)).toBeLessThanOrEqual(256);
          const stored = JSON.stringify(result);
          expect(stored).not.toMatch(/\\u0000|\\ud[89a-f]/);
          seen.add("accepted");
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 20_000) },
  );
  // The generator must reach them, else it proves little.
  for (const outcome of ["accepted", "not-json", "not-finite", "out-of-range", "wrong-type", "bad-key", "too-deep"]) {
    expect(seen).toContain(outcome);
  }
});
