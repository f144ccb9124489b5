import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import { fromFloat16 } from "../statistics/float16.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { encodeMany, fitHashEncoder } from "./hash-encoder.ts";
import { interpret } from "./interpret.ts";

const folder = process.env.DATASETS_DIR;
const here = folder !== undefined && existsSync(`${folder}/clinc150.json`);
if (!here) console.warn("SKIPPED: purity on CLINC150, set DATASETS_DIR to a folder with clinc150.json");

const SINCE = 300;

test.skipIf(!here)(
  "one held-out intent at 10 % leads the explanation, on sentence embeddings",
  () => {
    const { rows, embeddings } = load();
    const purity = meanPurity(rows, { splits: 4, size: 1500, dim: 384 }, () => (ids) => {
      const out = new Float32Array(ids.length * 384);
      ids.forEach((id, i) => {
        out.set(embeddings.subarray(id * 384, (id + 1) * 384), i * 384);
      });
      return out;
    });
    expect(purity).toBeGreaterThanOrEqual(0.8);
  },
  120_000,
);

test.skipIf(!here)(
  "one held-out intent at 10 % leads the explanation, on the hash encoder",
  () => {
    const { rows } = load();
    // Fitting takes most of the time: less of all than above.
    const purity = meanPurity(rows, { splits: 2, size: 900, dim: 128, lexical: true }, (reference) => {
      const fitting = reference.slice(0, 600).map((id) => rows[id]!.text);
      const encoder = fitHashEncoder(fitting, 1);
      return (ids) =>
        encodeMany(
          encoder,
          ids.map((id) => rows[id]!.text),
        );
    });
    expect(purity).toBeGreaterThanOrEqual(0.8);
  },
  120_000,
);

interface Row {
  readonly text: string;
  readonly intent: string;
}

/** Share of the top cluster's examples that are of the held-out intent, mean over the splits. */
const tensors = createTensors("auto");

function meanPurity(
  rows: readonly Row[],
  {
    splits,
    size,
    dim,
    lexical = false,
  }: { readonly splits: number; readonly size: number; readonly dim: number; readonly lexical?: boolean },
  encoderOf: (reference: readonly number[]) => (ids: readonly number[]) => Float32Array,
): number {
  const intents = [...new Set(rows.map((row) => row.intent))].filter((intent) => intent !== "oos").sort();
  let sum = 0;
  for (let split = 0; split < splits; split++) {
    const held = intents[(split * 37 + 5) % intents.length]!;
    const random = createRandom("split", split);
    const ids = shuffled(rows, random).filter((id) => rows[id]!.intent !== "oos");
    const known = ids.filter((id) => rows[id]!.intent !== held);
    const fresh = ids.filter((id) => rows[id]!.intent === held);
    const reference = known.slice(0, size);
    let [k, f] = [size, 0];
    const stream = Array.from({ length: SINCE }, () => (uniform(random) < 0.1 ? fresh[f++]! : known[k++]!));
    const embed = encoderOf(reference);
    const texts = (some: readonly number[]): readonly string[] => some.map((id) => rows[id]!.text);
    const top = interpret({
      tensors,
      dim,
      lexical,
      since: SINCE,
      candidates: { texts: texts(stream), embeddings: embed(stream) },
      reference: { texts: texts(reference), embeddings: embed(reference) },
    }).clusters[0]!;
    const right = new Set(texts(fresh));
    sum += top.examples.filter((text) => right.has(text)).length / top.examples.length;
  }
  return sum / splits;
}

function load(): { rows: readonly Row[]; embeddings: Float32Array } {
  const data = JSON.parse(readFileSync(`${folder}/clinc150.json`, "utf8")) as Record<string, [string, string][]>;
  const parts = ["train", "val", "test", "oos_train", "oos_val", "oos_test"];
  const rows = parts.flatMap((part) => data[part]!.map(([text, intent]) => ({ text, intent })));
  const bytes = readFileSync(`${folder}/clinc150-minilm.f16`);
  return { rows, embeddings: fromFloat16(new Uint16Array(Uint8Array.from(bytes).buffer)) };
}

function shuffled(rows: readonly Row[], random: Uint32Array): number[] {
  const ids = Array.from(rows.keys());
  for (let i = ids.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    [ids[i], ids[j]] = [ids[j]!, ids[i]!];
  }
  return ids;
}
