import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import { createTensors } from "../../adapters/tensors/create.ts";
import { quantile } from "../statistics/normal.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { encodeMany, fitHashEncoder } from "./hash-encoder.ts";
import { type EmbeddedTexts, interpret, nearOf, type Question } from "./interpret.ts";

const tensors = createCpuTensors();
const everyday = [
  "where is my parcel",
  "when will the parcel arrive",
  "the invoice is wrong",
  "please correct this invoice",
  "I forgot my password",
  "reset the password please",
  "cancel my subscription",
  "how do I cancel the subscription",
];
const novel = [
  "the hyena ate my parcel",
  "a hyena is in the garden",
  "hyena seen near the garden",
  "big hyena in my garden now",
  "two hyena in the garden again",
];
const reference = Array.from({ length: 400 }, (_, i) => `${everyday[i % 8]!} ${"abcdefghijk"[i % 11]!}`);
const encoder = fitHashEncoder([...reference, ...novel, ...novel], 1);
const embed = (texts: readonly string[]): EmbeddedTexts => ({ texts, embeddings: encodeMany(encoder, texts) });

function ask(texts: readonly string[], more: Partial<Question> = {}): Question {
  return {
    tensors,
    dim: 128,
    candidates: embed(texts),
    since: texts.length,
    reference: embed(reference),
    near: 0.5,
    ...more,
  };
}

describe("the interpretation", () => {
  const stream = [...reference.slice(0, 40), ...novel];
  const found = interpret(ask(stream));

  test("puts the new subject first, with its terms, examples and shares", () => {
    const top = found.clusters[0]!;
    expect(top.terms.slice(0, 2).sort()).toEqual(["garden", "hyena"]);
    expect(top.name).toContain("hyena");
    expect(novel).toContain(top.medoid);
    expect(top.examples.every((text) => novel.includes(text))).toBe(true);
    expect(top.examples[0]).toBe(top.medoid);
    expect(top.size).toBeGreaterThanOrEqual(4);
    expect(top.share).toBeCloseTo(top.size / 45, 10);
    expect(top.shareBefore).toBe(0);
    expect(top.lift).toBeGreaterThan(10);
    expect(found.shareNew).toBeGreaterThan(0.05);
    expect(found.sticky).toBeNull();
  });

  test("of two subjects that grew alike, the one whose texts are unlike the reference leads", () => {
    const more = [
      "burglar stole a lamp",
      "the lamp burglar",
      "burglar took my lamp",
      "lamp of a burglar",
      "burglar with a lamp",
    ];
    const texts = [...more, ...reference.slice(0, 40), ...novel];
    const both = fitHashEncoder([...reference, ...novel, ...novel, ...more, ...more], 1);
    const place = (some: readonly string[]): EmbeddedTexts => ({ texts: some, embeddings: encodeMany(both, some) });
    const leads = (group: readonly string[]): string => {
      const unlike = Uint8Array.from(texts, (text) => (group.includes(text) ? 1 : 0));
      return interpret({ ...ask(texts, { unlike }), candidates: place(texts), reference: place(reference) })
        .clusters[0]!.medoid;
    };
    expect(novel).toContain(leads(novel));
    expect(more).toContain(leads(more));
  });

  test("finds the same when only the far texts are candidates", () => {
    const far = interpret(ask(novel, { since: 45 }));
    expect(far.clusters[0]!.terms.slice(0, 2).sort()).toEqual(["garden", "hyena"]);
  });

  test("does not repeat a text among the examples", () => {
    const repeated = interpret(ask([...reference.slice(0, 40), ...novel, ...novel, novel[1]!.toUpperCase()]));
    const { examples } = repeated.clusters[0]!;
    expect(new Set(examples.map((text) => text.toLowerCase())).size).toBe(examples.length);
  });

  test("says nothing when nothing grew", () => {
    expect(interpret(ask(reference.slice(0, 80))).clusters).toEqual([]);
    expect(interpret(ask([])).clusters).toEqual([]);
    expect(interpret(ask([])).shareNew).toBe(0);
  });

  test("shows even a single far text when there is nothing better", () => {
    const { clusters } = interpret(ask([novel[1]!], { since: 20 }));
    expect(clusters.map((cluster) => cluster.medoid)).toEqual([novel[1]]);
  });

  test("finds texts that a new word holds together, where words are all that vectors know", () => {
    const about = [
      "the strike",
      "parcel and strike",
      "my invoice, strike or no strike",
      "will a strike cancel it",
      "password strike",
    ];
    const { clusters } = interpret(ask([...reference.slice(0, 60), ...about], { lexical: true }));
    expect(clusters[0]).toMatchObject({ name: "strike", size: 5, shareBefore: 0 });
    expect([...clusters[0]!.examples].sort()).toEqual([...about].sort());
    expect(about).toContain(clusters[0]!.medoid);
    expect(clusters.length).toBe(1);
  });

  test("finds what lies together where no word does", () => {
    const pair = [novel[1]!, novel[2]!];
    const question = ask([...reference.slice(0, 60), ...pair]);
    expect(interpret({ ...question, lexical: true })).toEqual(interpret(question));
    expect(pair).toContain(interpret(question).clusters[0]!.medoid);
  });

  test("finds a known subject that became frequent", () => {
    const surge = [...reference.slice(0, 40), ...Array.from({ length: 30 }, (_, i) => reference[6 + 8 * i]!)];
    const top = interpret(ask(surge)).clusters[0]!;
    expect(top.terms[0]).toContain("subscription");
    expect(top.lift).toBeGreaterThan(2);
    expect(top.shareBefore).toBeGreaterThan(0.05);
  });

  test("tells over all clusters what is said more than before", () => {
    expect(found.terms.slice(0, 2).sort()).toEqual(["garden", "hyena"]);
  });

  test("takes the measure of nearness from the reference, within bounds", () => {
    const spread = (axes: number): Float32Array =>
      Float32Array.from({ length: 300 * 8 }, (_, i) => (i % 8 === Math.floor(i / 8) % axes ? 1 : 0));
    expect(nearOf(spread(1), 8, tensors)).toBe(0.75);
    expect(nearOf(spread(8), 8, tensors)).toBe(0.75);
    const angles = Float32Array.from({ length: 600 }, (_, i) => (i % 2 ? Math.sin(i >> 1) : Math.cos(i >> 1)));
    expect(nearOf(angles, 2, tensors)).toBe(0.75);
    expect(nearOf(new Float32Array(0), 8, tensors)).toBe(0.5);
    expect(nearOf(encodeMany(encoder, reference), 128, tensors)).toBeGreaterThanOrEqual(0.35);
  });

  test("takes the same measure of nearness on every backend", () => {
    const random = createRandom("near", 1);
    const vectors = Float32Array.from({ length: 900 * 17 }, () => 0.8 * (uniform(random) - 0.5));
    const near = nearOf(vectors, 17, tensors);
    expect(near).toBeGreaterThan(0.35);
    expect(near).toBeLessThan(0.75);
    expect(nearOf(vectors, 17, createTensors("auto"))).toBe(near);
    const cosines: number[] = [];
    for (let i = 0; i < 900; i += 2) {
      for (let j = 0; j < i; j += 2) {
        let [even, odd] = [0, 0];
        for (let d = 0; d < 17; d++) {
          if (d % 2 === 0) even += vectors[i * 17 + d]! * vectors[j * 17 + d]!;
          else odd += vectors[i * 17 + d]! * vectors[j * 17 + d]!;
        }
        cosines.push(even + odd);
      }
    }
    expect(near).toBe(quantile(Float64Array.from(cosines).sort(), 0.995));
  });

  test("counts each text in one cluster at most and keeps every figure finite", () => {
    const texts = fc.array(fc.oneof(fc.constantFrom(...novel, ...everyday), fc.string()), { maxLength: 40 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 50 }), fc.boolean(), fc.boolean(), (some, more, empty, lexical) => {
        const question = ask(some, { since: some.length + more, lexical });
        const { clusters, shareNew } = interpret(empty ? { ...question, reference: embed([]) } : question);
        expect(clusters.reduce((sum, cluster) => sum + cluster.size, 0)).toBeLessThanOrEqual(some.length);
        expect(clusters.length).toBeLessThanOrEqual(5);
        expect(shareNew).toBeGreaterThanOrEqual(0);
        expect(shareNew).toBeLessThanOrEqual(1);
        for (const { lift, share, shareBefore, name } of clusters) {
          for (const figure of [lift, share, shareBefore]) expect(Number.isFinite(figure)).toBe(true);
          expect(typeof name).toBe("string");
        }
      }),
      { numRuns: 50 },
    );
  });
});
