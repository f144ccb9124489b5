import { existsSync, readFileSync } from "node:fs";
import { fromFloat16 } from "../detectors/statistics/float16.ts";
import { createRandom, type Random, uniform } from "../detectors/statistics/random.ts";

/** Real utterances with their intents and sentence embeddings. */
export interface Corpus {
  readonly texts: readonly string[];
  readonly intents: readonly string[];
  /** Row-major [texts, dim]; base64 of each row is what a producer would send. */
  readonly embeddings: Float32Array;
  readonly dim: number;
}

/** CLINC150's parts, in the order of its vectors; another corpus has one or several of them. */
const PARTS = ["train", "val", "test", "oos_train", "oos_val", "oos_test"] as const;

/**
 * CLINC150 from DATASETS_DIR, or another corpus in its form: `NAME.json` of `{train: [[text, intent], …], …}` and
 * `NAME-minilm.f16` of its vectors. Null where there is none.
 */
export function loadCorpus(name = "clinc150"): Corpus | null {
  const path = name.includes("/") ? name : `${process.env.DATASETS_DIR ?? ""}/${name}`;
  if (!existsSync(`${path}.json`)) return null;
  const data = JSON.parse(readFileSync(`${path}.json`, "utf8")) as Record<string, [string, string][]>;
  const rows = PARTS.flatMap((part) => data[part] ?? []);
  const bytes = readFileSync(`${path}-minilm.f16`);
  const bits = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return {
    texts: rows.map(([text]) => text),
    intents: rows.map(([, intent]) => intent),
    embeddings: fromFloat16(bits),
    dim: bits.length / rows.length,
  };
}

/** Rows of known and novel intents and of no intent, each shuffled. */
export interface Split {
  readonly known: readonly number[];
  readonly novel: readonly number[];
  readonly outside: readonly number[];
}

export function splitIntents(corpus: Corpus, novelIntents: number, random: Random): Split {
  const names = shuffle([...new Set(corpus.intents)].filter((name) => name !== "oos").sort(), random);
  const held = new Set(names.slice(0, novelIntents));
  const rows = shuffle(
    corpus.texts.map((_, i) => i),
    random,
  );
  return {
    known: rows.filter((row) => corpus.intents[row] !== "oos" && !held.has(corpus.intents[row]!)),
    novel: rows.filter((row) => held.has(corpus.intents[row]!)),
    outside: rows.filter((row) => corpus.intents[row] === "oos"),
  };
}

export const CELLS = ["novel5", "novel10", "novel20", "novel50", "one10", "surge10", "gradual30", "oos10"] as const;
export type Cell = (typeof CELLS)[number];

/** Rows of a stream: reference and clean part, then the change. Nothing comes twice. */
export function makeStream(
  corpus: Corpus,
  split: Split,
  cell: Cell,
  clean: number,
  changed: number,
  random: Random,
): readonly number[] {
  const known = shuffle([...split.known], random);
  const pool = poolOf(corpus, split, cell, known.slice(clean), random);
  const raised = new Set(cell === "surge10" ? pool : []);
  const normal = known.filter((row, i) => !raised.has(row) || i < clean);
  const out = normal.slice(0, clean);
  let at = clean;
  let taken = 0;
  for (let t = 0; t < changed; t++) {
    const share = shareOf(cell, t / changed);
    if (uniform(random) < share && taken < pool.length) out.push(pool[taken++]!);
    else out.push(normal[at++]!);
  }
  return out;
}

function poolOf(corpus: Corpus, split: Split, cell: Cell, rest: readonly number[], random: Random): readonly number[] {
  switch (cell) {
    case "oos10":
      return shuffle([...split.outside], random);
    case "one10": {
      const intent = pickIntent(corpus, split.novel, random);
      return shuffle(
        split.novel.filter((row) => corpus.intents[row] === intent),
        random,
      );
    }
    case "surge10": {
      const intent = pickIntent(corpus, rest, random);
      // Some stay for the rate that the intent has anyway.
      return rest.filter((row) => corpus.intents[row] === intent).slice(0, 110);
    }
    default:
      return shuffle([...split.novel], random);
  }
}

/** One of those with texts enough for a tenth of a thousand, where the corpus has such. */
function pickIntent(corpus: Corpus, rows: readonly number[], random: Random): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(corpus.intents[row]!, (counts.get(corpus.intents[row]!) ?? 0) + 1);
  const enough = rows.filter((row) => counts.get(corpus.intents[row]!)! >= 100);
  const from = enough.length > 0 ? enough : rows;
  return corpus.intents[from[Math.floor(uniform(random) * from.length)]!]!;
}

function shareOf(cell: Cell, progress: number): number {
  switch (cell) {
    case "novel5":
      return 0.05;
    case "novel20":
      return 0.2;
    case "novel50":
      return 0.5;
    case "gradual30":
      return 0.3 * progress;
    default:
      return 0.1;
  }
}

/** A row and the conversation that it is a turn of. */
export interface Turn {
  readonly row: number;
  readonly session: string;
}

/**
 * Eight interleaved conversations of 3–8 turns. A conversation has an intent: 60 % of its turns are of it, the others
 * of any. From `clean` on a share of conversations is about a novel intent. Nothing comes twice.
 */
export function makeConversations(
  corpus: Corpus,
  split: Split,
  clean: number,
  changed: number,
  share: number,
  random: Random,
): readonly Turn[] {
  const known = queues(corpus, split.known, random);
  const novel = queues(corpus, split.novel, random);
  const open = Array.from({ length: 8 }, () => ({ id: 0, intent: "", from: known, left: 0 }));
  const out: Turn[] = [];
  let next = 0;
  while (out.length < clean + changed) {
    const talk = open[Math.floor(uniform(random) * open.length)]!;
    if (talk.left === 0) {
      talk.id = next++;
      talk.from = out.length >= clean && uniform(random) < share ? novel : known;
      talk.intent = pick(talk.from, random);
      talk.left = 3 + Math.floor(uniform(random) * 6);
    }
    talk.left -= 1;
    const intent = uniform(random) < 0.6 ? talk.intent : pick(talk.from, random);
    const row = talk.from.get(intent)?.pop();
    if (row === undefined) {
      talk.from.delete(intent);
      if (talk.from.size === 0) break;
      talk.intent = pick(talk.from, random);
      continue;
    }
    out.push({ row, session: `c${talk.id}` });
  }
  return out;
}

function queues(corpus: Corpus, rows: readonly number[], random: Random): Map<string, number[]> {
  const byIntent = new Map<string, number[]>();
  for (const row of shuffle([...rows], random)) {
    const queue = byIntent.get(corpus.intents[row]!);
    if (queue === undefined) byIntent.set(corpus.intents[row]!, [row]);
    else queue.push(row);
  }
  return byIntent;
}

function pick(from: ReadonlyMap<string, unknown>, random: Random): string {
  return [...from.keys()][Math.floor(uniform(random) * from.size)]!;
}

export function shuffle<T>(values: T[], random: Random): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

export const seeded = createRandom;
