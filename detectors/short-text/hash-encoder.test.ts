import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, uniform } from "../statistics/random.ts";
import { encode, encodeMany, fitHashEncoder, loadEncoder, saveEncoder } from "./hash-encoder.ts";
import { countGrams } from "./ngrams.ts";

const subjects = ["my card", "the invoice", "our booking", "this parcel", "your password", "a refund"];
const verbs = ["is lost", "was stolen", "arrived late", "never came", "cannot be changed", "needs a check"];
const ends = ["please help", "what now", "since yesterday", "again", "thank you", ""];

function texts(count: number, seed: number): string[] {
  const random = createRandom(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(uniform(random) * from.length)]!;
  return Array.from({ length: count }, (_, i) => `${pick(subjects)} ${pick(verbs)} ${pick(ends)} ${i % 7}`);
}

const fitting = texts(240, 1);
const encoder = fitHashEncoder(fitting, 7);

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const norm = (a: Float32Array): number => Math.sqrt(cosine(a, a));

describe("the hash encoder", () => {
  test("gives a unit vector for every text whatsoever", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom(...fitting)), (text) => {
        const vector = encode(encoder, text);
        expect(vector.length).toBe(128);
        expect(Math.abs(norm(vector) - 1)).toBeLessThan(1e-5);
      }),
    );
  });

  test("maps texts with nothing known to one vector that is near no known text", () => {
    const nothing = encode(encoder, "");
    expect(encode(encoder, "漢")).toEqual(nothing);
    for (const text of fitting.slice(0, 40)) expect(cosine(encode(encoder, text), nothing)).toBeLessThan(0.1);
  });

  test("puts texts of one subject nearer than texts of different subjects", () => {
    const a = encode(encoder, "my card was stolen");
    expect(cosine(a, encode(encoder, "card stolen, please help"))).toBeGreaterThan(0.4);
    expect(cosine(a, encode(encoder, "the invoice needs a check"))).toBeLessThan(0.2);
  });

  test("does not see case, width or blanks", () => {
    expect(encode(encoder, "  MY   ｃａｒｄ\tis LOST ")).toEqual(encode(encoder, "my card is lost"));
  });

  test("is the same for the same texts and seed", () => {
    expect(sameBits(fitHashEncoder(fitting, 7).projection, encoder.projection)).toBe(true);
  });

  test("encodes a text the same whatever was encoded before it", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...fitting)), { maxLength: 8 }), (batch) => {
        const many = encodeMany(encoder, batch);
        batch.forEach((text, i) => {
          expect(many.slice(i * 128, i * 128 + 128)).toEqual(encode(encoder, text));
        });
      }),
    );
  });

  test("is the same to the bit after save and load", () => {
    const bytes = saveEncoder(encoder);
    const loaded = loadEncoder(bytes);
    expect(loaded.dim).toBe(encoder.dim);
    expect(sameBits(loaded.rows, encoder.rows)).toBe(true);
    expect(sameBits(loaded.projection, encoder.projection)).toBe(true);
    expect(sameBits(saveEncoder(loaded), bytes)).toBe(true);
    expect(sameBits(encodeMany(loaded, fitting), encodeMany(encoder, fitting))).toBe(true);
  });

  test("can be fitted on nothing, on one text and on equal texts", () => {
    for (const few of [[], [""], ["hello there"], ["same words", "same words", "same words"], ["a b", "c d", "e f"]]) {
      const small = fitHashEncoder(few, 1);
      expect(norm(encode(small, "hello there"))).toBeCloseTo(1, 5);
      const loaded = loadEncoder(saveEncoder(small));
      expect(sameBits(loaded.rows, small.rows)).toBe(true);
      expect(sameBits(loaded.projection, small.projection)).toBe(true);
    }
  });

  test("keeps the leading directions: products of the embeddings follow those of the weighted n-grams", () => {
    // 40 texts span at most 40 directions, so 128 lose nothing but float16's rounding.
    const some = texts(40, 3);
    const small = fitHashEncoder(some, 1);
    const vectors = encodeMany(small, some);
    const bags = some.map(read);
    const full = bags.map((bag) => weights(bag, bags));
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < i; j++) {
        const reduced = cosine(vectors.slice(i * 128, i * 128 + 128), vectors.slice(j * 128, j * 128 + 128));
        expect(Math.abs(reduced - mapCosine(full[i]!, full[j]!))).toBeLessThan(0.005);
      }
    }
  });
});

describe("grams", () => {
  test("a text's counts do not depend on the text before", () => {
    const alone = read("where is my card");
    read("something else entirely");
    expect(read("where is my card")).toEqual(alone);
  });

  test("a word counts as itself, with its neighbour, and by its letters", () => {
    // " ab ": three trigrams would need 5 letters; 4 padded ones give " ab", "ab ", " ab ", and the word.
    expect(read("ab").size).toBe(4);
    expect(read("ab cd").size).toBe(9);
  });
});

function read(text: string): Map<number, number> {
  const bag = countGrams(text);
  return new Map(Array.from(bag.buckets.subarray(0, bag.size), (bucket) => [bucket, bag.counts[bucket]!]));
}

/** Compared as bytes: element by element, tens of thousands of numbers take seconds. */
function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

function weights(bag: ReadonlyMap<number, number>, all: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const [bucket, count] of bag) {
    const df = all.filter((other) => (other.get(bucket) ?? 0) !== 0).length;
    if (count !== 0) out.set(bucket, Math.sign(count) * (1 + Math.log(Math.abs(count))) * Math.log(41 / (1 + df)));
  }
  return out;
}

function mapCosine(a: Map<number, number>, b: Map<number, number>): number {
  const inner = (x: Map<number, number>, y: Map<number, number>): number =>
    [...x].reduce((sum, [key, value]) => sum + value * (y.get(key) ?? 0), 0);
  return inner(a, b) / Math.sqrt(inner(a, a) * inner(b, b));
}
