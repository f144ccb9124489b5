import { readFileSync } from "node:fs";
import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";
import { type Corpus, type Split, shuffle, splitIntents } from "./short-text-clinc.ts";

/**
 * The protocol on data that are otherwise than CLINC150's random splits.
 *   domains   whole domains are new, not single intents
 *   few       only 30 intents are known
 *   uneven    intents are known as often as rank^-.4, the most frequent about six times as often as the rarest
 *   narrow    vectors of 64 dimensions: a random projection
 *   crowded   a common vector added to all, so that any two are alike (mean cosine about .7), as some encoders give
 *   stretched dimensions scaled unequally, by factors from 1 to 10
 */
export const VARIANTS = ["none", "domains", "few", "uneven", "narrow", "crowded", "stretched"] as const;
export type Variant = (typeof VARIANTS)[number];

/** Vectors otherwise; they are not of length one any more. */
export function varyVectors(corpus: Corpus, variant: Variant): Corpus {
  const { dim, embeddings } = corpus;
  const random = createRandom("variant", variant);
  const rows = embeddings.length / dim;
  if (variant === "narrow") {
    const to = 64;
    const axes = Float32Array.from({ length: dim * to }, () => normal(random));
    const out = new Float32Array(rows * to);
    for (let i = 0; i < rows; i++) {
      for (let d = 0; d < dim; d++) {
        const v = embeddings[i * dim + d]!;
        for (let t = 0; t < to; t++) out[i * to + t] = out[i * to + t]! + v * axes[d * to + t]!;
      }
    }
    return { ...corpus, embeddings: out, dim: to };
  }
  if (variant === "crowded") {
    const common = Array.from({ length: dim }, () => (normal(random) * 1.5) / Math.sqrt(dim));
    return { ...corpus, embeddings: embeddings.map((v, i) => v + common[i % dim]!) };
  }
  if (variant === "stretched") {
    const factors = Array.from({ length: dim }, () => 10 ** uniform(random));
    return { ...corpus, embeddings: embeddings.map((v, i) => v * factors[i % dim]!) };
  }
  return corpus;
}

/** Which rows are known and which are novel. */
export function splitFor(corpus: Corpus, variant: Variant, novel: number, random: Random): Split {
  if (variant === "domains") return splitDomains(corpus, random);
  const split = splitIntents(corpus, novel, random);
  const intentsOf = (rows: readonly number[]) => [...new Set(rows.map((row) => corpus.intents[row]!))].sort();
  const known = intentsOf(split.known);
  if (variant === "few") {
    const kept = new Set(shuffle(known, random).slice(0, 30));
    return { ...split, known: split.known.filter((row) => kept.has(corpus.intents[row]!)) };
  }
  if (variant === "uneven") {
    const left = new Map(shuffle(known, random).map((intent, rank) => [intent, Math.round(150 * (rank + 1) ** -0.4)]));
    return {
      ...split,
      known: split.known.filter((row) => {
        const intent = corpus.intents[row]!;
        left.set(intent, left.get(intent)! - 1);
        return left.get(intent)! >= 0;
      }),
    };
  }
  return split;
}

/** Three of the ten domains are new. */
function splitDomains(corpus: Corpus, random: Random): Split {
  const file = `${process.env.DATASETS_DIR}/clinc150-domains.json`;
  const domains = JSON.parse(readFileSync(file, "utf8")) as Record<string, string[]>;
  const held = new Set(
    shuffle(Object.keys(domains).sort(), random)
      .slice(0, 3)
      .flatMap((name) => domains[name]!),
  );
  const rows = shuffle(
    corpus.texts.map((_, i) => i),
    random,
  );
  const kindOf = (row: number): "outside" | "novel" | "known" => {
    const intent = corpus.intents[row]!;
    return intent === "oos" ? "outside" : held.has(intent) ? "novel" : "known";
  };
  return {
    known: rows.filter((row) => kindOf(row) === "known"),
    novel: rows.filter((row) => kindOf(row) === "novel"),
    outside: rows.filter((row) => kindOf(row) === "outside"),
  };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}
