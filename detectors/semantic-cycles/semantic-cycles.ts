import { z } from "zod";
import { numbers, readNumbers } from "../json/numbers.ts";
import { lateStep, watchedSeries } from "../learners/watched-series.ts";
import { fromFloat16, toFloat16 } from "../statistics/float16.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { dot, unitVector } from "../statistics/unit-vector.ts";
import { fitDecay } from "./decay.ts";

const event = z.strictObject({
  chain: z.union([z.string().min(1).max(256), z.number()]).describe("The chain of rewritings or translations."),
  generation: z.int().min(0).max(100_000).describe("0 the original, then 1, 2, …"),
  embedding: numbers.describe("Embedding of this generation's text."),
  end: z.boolean().optional().describe("The chain ends with this generation."),
});

type Event = z.infer<typeof event>;

/** One open chain: the original's unit vector and the similarities so far. */
interface Chain {
  readonly origin: Uint16Array;
  generation: number;
  sum: number;
  n: number;
}

/** Sums by generation (0..MOST): chains, Σ similarity. */
const MOST = 32;
/** Older chains fade once a generation has so many. */
const MEMORY = 500;
/** A fit needs so many chains at a generation. */
const LEAST_CHAINS = 5;

/**
 * semantic-cycles: how much meaning survives when a text is rewritten or translated again and again.
 *
 * Sees      chains that keep less (or more) of the original than those of the reference.
 * How       similarity of generation g to generation 0: cosine of embeddings. A chain that ended gives its mean cumulative
 *           similarity (mean over g ≥ 1), watched by the calibrated core (see numeric). Over all chains the mean similarity by
 *           generation (memory 500 chains) is fitted by a·exp(−b·g) + c: b is the rate, c what stays.
 * Parameters  reference.first: chains that teach what is usual; falseAlarms: chains between false alarms.
 * Cost      a dot product a generation; twice the embedding's length in bytes an open chain (at most 1,000; an hour ends one).
 * Limits    as good as the embedding; chains of unlike length are unlike.
 */
export const semanticCycles = watchedSeries<Event, Chain>({
  name: "semantic-cycles",
  title: "Cyclic semantic drift",
  summary: "Finds when texts lose their meaning faster over generations of rewriting, and at which rate.",
  source:
    "Mohamed, Geng, Vazirgiannis, Shang: LLM as a Broken Telephone, arXiv 2502.20258; mean cumulative similarity and decay over generations",
  event,
  reads: { embedding: readNumbers },
  subject: "The mean cumulative similarity to the original",
  unit: "chains",
  within: "chain",
  reference: 300,
  gauges: [
    { name: "semantic_cycles_decay_rate", help: "Rate b of similarity a·exp(−b·g) + c over generations g." },
    { name: "semantic_cycles_floor", help: "Similarity c that stays after many generations." },
  ],
  sums: 2 * (MOST + 1),
  seriesOf: (e) => e.chain,
  grow(known, { generation, embedding }, curve) {
    if (generation === 0) {
      count(curve, 0, 1);
      return { origin: toFloat16(unitVector(embedding)), generation: 0, sum: 0, n: 0 };
    }
    if (known === null)
      return { reason: "missing-field", detail: "A chain begins with the embedding of its generation 0." };
    if (generation <= known.generation) return lateStep("Generation", generation, known.generation);
    if (known.origin.length !== embedding.length) {
      const detail = `Field embedding has ${embedding.length} elements, the original's has ${known.origin.length}.`;
      return { reason: "wrong-dimension", detail };
    }
    const cosine = dot(unitVector(embedding), fromFloat16(known.origin));
    known.generation = generation;
    known.sum += cosine;
    known.n++;
    if (generation <= MOST) count(curve, generation, cosine);
    return known;
  },
  numberOf: ({ sum, n }) => (n > 0 ? sum / n : null),
  tell(curve) {
    const similarities: number[] = [];
    const chains: number[] = [];
    for (let g = 0; g <= MOST && curve[2 * g]! >= LEAST_CHAINS; g++) {
      chains.push(curve[2 * g]!);
      similarities.push(curve[2 * g + 1]! / curve[2 * g]!);
    }
    const decay = fitDecay(similarities, chains);
    return {
      gauges: decay === null ? {} : { semantic_cycles_decay_rate: decay.b, semantic_cycles_floor: decay.c },
      details: { decay, similarityByGeneration: similarities.map((s) => Number(s.toPrecision(4))) },
    };
  },
  saveOne({ origin, generation, sum, n }, w) {
    w.array(origin);
    for (const value of [generation, sum, n]) w.f64(value);
  },
  loadOne: (r) => ({ origin: r.u16s(), generation: r.f64(), sum: r.f64(), n: r.f64() }),
  example: {
    reference: { first: 100 },
    *events() {
      const random = createRandom("semantic example");
      const around = (centre: readonly number[], width: number) =>
        centre.map((x) => Number((x + width * (uniform(random) - 0.5)).toFixed(4)));
      for (let i = 0; i < 180; i++) {
        let text = around([0, 0, 0, 0, 0, 0, 0, 0], 2);
        for (let generation = 0; generation <= 5; generation++) {
          if (generation > 0) text = around(text, i < 130 ? 0.5 : 0.9);
          yield { chain: `t${i}`, generation, embedding: text, end: generation === 5 };
        }
      }
    },
    alarms: [{ kind: "drift", index: 845 }],
  },
});

function count(curve: Float64Array, generation: number, similarity: number): void {
  const at = 2 * generation;
  if (curve[at]! >= MEMORY) {
    curve[at + 1] = curve[at + 1]! * (1 - 1 / MEMORY);
    curve[at] = curve[at]! * (1 - 1 / MEMORY);
  }
  curve[at] = curve[at]! + 1;
  curve[at + 1] = curve[at + 1]! + similarity;
}
