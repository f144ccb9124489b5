/**
 * Detection, delay and onset error of short-text on CLINC150 against its bars, and false alarms on clean utterances.
 *   DATASETS_DIR=… node --import tsx bench/short-text-bars.ts [--splits 5] [--streams 12] [--clean 200000]
 *     [--encoder given,hash] [--cells novel10,one10] [--reference 1500] [--novel 50] [--sessions]
 *     [--corpus NAME] [--variant domains] (see short-text-clinc.ts and short-text-variants.ts)
 * With --sessions the streams are interleaved conversations with ids, novel20 only.
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import {
  CELLS,
  type Cell,
  type Corpus,
  loadCorpus,
  makeConversations,
  makeStream,
  seeded,
  shuffle,
  type Turn,
} from "./short-text-clinc.ts";
import { type Encoder, type Heard, replayUtterances } from "./short-text-replay.ts";
import { splitFor, type Variant, varyVectors } from "./short-text-variants.ts";

const { values: args } = parseArgs({
  options: {
    splits: { type: "string", default: "5" },
    streams: { type: "string", default: "12" },
    clean: { type: "string", default: "200000" },
    encoder: { type: "string", default: "given,hash" },
    cells: { type: "string", default: CELLS.join(",") },
    reference: { type: "string", default: "1500" },
    novel: { type: "string", default: "50" },
    options: { type: "string", default: "{}" },
    sessions: { type: "boolean", default: false },
    corpus: { type: "string", default: "clinc150" },
    variant: { type: "string", default: "none" },
  },
});

/** Least share detected, most median delay, most median onset error. */
type Bar = readonly [detected: number, delay: number, onset: number];
const BARS: Readonly<Record<Encoder, Partial<Record<Cell, Bar>>>> = {
  given: {
    novel10: [0.9, 330, 110],
    novel20: [0.98, 125, 40],
    novel50: [1, 35, 20],
    one10: [0.9, 260, 40],
    surge10: [0.9, 270, 60],
    gradual30: [0.95, 540, Number.POSITIVE_INFINITY],
    oos10: [0.98, 105, 40],
  },
  hash: {
    novel20: [0.85, 330, 110],
    novel50: [0.98, 85, 40],
    one10: [0.85, 310, 100],
    surge10: [0.8, 400, 120],
  },
};
const KINDS: Readonly<Record<Cell, readonly string[]>> = {
  novel5: ["drift"],
  novel10: ["drift"],
  novel20: ["drift"],
  novel50: ["drift"],
  one10: ["drift", "surge"],
  surge10: ["surge"],
  gradual30: ["drift"],
  oos10: ["drift"],
};
const R = Number(args.reference);
const CLEAN = 700;
const CHANGED = 1000;
const options = shortText.options.parse(JSON.parse(args.options));
const variant = args.variant as Variant;
const tensors = createTensors("auto");

async function replay(
  corpus: Corpus,
  rows: readonly number[],
  encoder: Encoder,
  seed: number,
  turns?: readonly Turn[],
): Promise<Heard[]> {
  // What is no promise of the scheme is not asked for.
  const promise = options.scheme === "calibrated" ? 10_000 : null;
  const stream = rows.map((row, i) => ({ row, session: turns?.[i]?.session ?? null }));
  const settings = { options, reference: { first: R }, promise, seed };
  return (await replayUtterances(corpus, stream, encoder, settings, tensors)).heard;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)]!;
}

function share(part: number, whole: number): string {
  return `${Math.round((100 * part) / Math.max(1, whole))} %`;
}

async function measureCell(corpus: Corpus, encoder: Encoder, cell: Cell): Promise<void> {
  const delays: number[] = [];
  const errors: number[] = [];
  const purities: number[] = [];
  let inside = 0;
  let before = 0;
  let streams = 0;
  for (let s = 0; s < Number(args.splits); s++) {
    const split = splitFor(corpus, variant, Number(args.novel), seeded("split", s));
    for (let k = 0; k < Number(args.streams); k++) {
      const random = seeded("stream", s, k, cell);
      const turns = args.sessions ? makeConversations(corpus, split, R + CLEAN, CHANGED, 0.2, random) : undefined;
      const rows = turns?.map((turn) => turn.row) ?? makeStream(corpus, split, cell, R + CLEAN, CHANGED, random);
      const heard = await replay(corpus, rows, encoder, s * 1000 + k, turns);
      streams += 1;
      const alarms = heard.filter(({ signal }) => KINDS[cell].includes(signal.kind));
      before += alarms.filter(({ index }) => index < R + CLEAN).length;
      const found = alarms.find(({ index }) => index >= R + CLEAN);
      if (found === undefined) continue;
      delays.push(found.index - R - CLEAN);
      const { onset } = found.signal;
      if (onset !== null) {
        errors.push(Math.abs(onset.index - R - CLEAN));
        if (onset.low <= R + CLEAN && R + CLEAN <= onset.high) inside += 1;
      }
      purities.push(purityOf(corpus, rows.slice(R + CLEAN), cell, split.novel, heard));
    }
  }
  const bar: Bar | undefined = args.sessions ? [0.9, 450, Number.POSITIVE_INFINITY] : BARS[encoder][cell];
  const ok =
    bar === undefined || (delays.length / streams >= bar[0] && median(delays) <= bar[1] && median(errors) <= bar[2]);
  const mean = purities.filter((v) => !Number.isNaN(v));
  console.log(
    [
      encoder.padEnd(6),
      cell.padEnd(10),
      share(delays.length, streams).padStart(6),
      String(median(delays)).padStart(5),
      String(median(errors)).padStart(5),
      share(inside, delays.length).padStart(6),
      (mean.reduce((a, b) => a + b, 0) / Math.max(1, mean.length)).toFixed(2).padStart(5),
      String(before).padStart(4),
      (bar === undefined ? "" : bar.map((v) => (v === Number.POSITIVE_INFINITY ? "–" : v)).join("/")).padStart(12),
      ok ? "" : "BELOW THE BAR",
    ].join("  "),
  );
}

/** Share of the leading cluster's examples that are of what was put in, at the last explanation. */
function purityOf(
  corpus: Corpus,
  rows: readonly number[],
  cell: Cell,
  novel: readonly number[],
  heard: readonly Heard[],
): number {
  if (cell !== "one10" && !cell.startsWith("novel")) return Number.NaN;
  const said = heard.filter(({ signal, index }) => index >= R + CLEAN && signal.kind === "explained").at(-1);
  const examples = (said?.signal.explanation.clusters as { examples: string[] }[] | undefined)?.[0]?.examples;
  if (examples === undefined) return Number.NaN;
  const put = new Set(novel);
  const texts = new Set(rows.filter((row) => put.has(row)).map((row) => corpus.texts[row]!));
  return examples.filter((text) => texts.has(text)).length / examples.length;
}

async function measureClean(corpus: Corpus, encoder: Encoder): Promise<void> {
  const wanted = Number(args.clean);
  const counts: Record<string, number> = { drift: 0, surge: 0, driftAgain: 0, surgeAgain: 0 };
  let events = 0;
  let references = 0;
  for (let s = 0; events < wanted; s++) {
    const split = splitFor(corpus, variant, Number(args.novel), seeded("clean", s));
    const order = seeded("clean order", s);
    const length = Math.max(R + 500, split.known.length - 2000);
    const turns = args.sessions ? makeConversations(corpus, split, length, 0, 0, order) : undefined;
    const rows = turns?.map((turn) => turn.row) ?? shuffle([...split.known], order);
    const heard = await replay(corpus, rows, encoder, 77_000 + s, turns);
    events += rows.length - R;
    references += 1;
    const open = new Set<string>();
    for (const { signal } of heard) {
      if (signal.kind === "recovered") open.delete(signal.episodeOf!);
      if (signal.kind !== "drift" && signal.kind !== "surge") continue;
      const name = open.has(signal.kind) ? `${signal.kind}Again` : signal.kind;
      open.add(signal.kind);
      counts[name] = counts[name]! + 1;
    }
  }
  const rate = (n: number): string => ((10_000 * n) / events).toFixed(2);
  console.log(
    `${encoder} clean: ${events} utterances, ${references} references; per 10,000: drift ${rate(counts.drift!)} (+${rate(counts.driftAgain!)} confirmed), surge ${rate(counts.surge!)} (+${rate(counts.surgeAgain!)} confirmed)`,
  );
}

const loaded = loadCorpus(args.corpus);
const corpus = loaded && varyVectors(loaded, variant);
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json and clinc150-minilm.f16");
else {
  console.log(
    `${args.corpus}, variant ${variant}: reference ${R}, ${args.splits} splits × ${args.streams} streams, ${args.novel} novel intents, backend ${tensors.backend}`,
  );
  console.log("encoder cell      detected delay onset  in90%  purity before   bar");
  const cells = (args.sessions ? "novel20" : args.cells).split(",").filter((cell) => cell !== "") as Cell[];
  for (const encoder of args.encoder.split(",") as Encoder[]) {
    for (const cell of cells) await measureCell(corpus, encoder, cell);
    if (Number(args.clean) > 0) await measureClean(corpus, encoder);
  }
  console.log(`${Math.round(process.cpuUsage().user / 1e6)} s of CPU`);
}
