/**
 * CPU per utterance of 384 dimensions beside alibi-detect's online MMD, frouros' streaming MMD and a numpy loop, at a
 * reference of 4,000, from JSON; and with a large reference. Learning is not counted, it is printed beside.
 *   DATASETS_DIR=… PYTHON=…/python[:another…] node --import tsx bench/short-text-peers.ts [--events 6400] [--large 100000]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import type { TextEvent } from "../detectors/short-text/event.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import { createRandom, uniform } from "../detectors/statistics/random.ts";
import { createDecoder } from "../ingest/decode/decoder.ts";
import { type Corpus, loadCorpus, seeded, shuffle } from "./short-text-clinc.ts";

const { values: args } = parseArgs({
  options: { events: { type: "string", default: "6400" }, large: { type: "string", default: "100000" } },
});
const BATCH = 64;
/** Utterances after learning that are not counted, as many as the numpy loop has to warm up. */
const WARM_UP = 640;
const decode = createDecoder({ event: shortText.event, reads: shortText.reads });
const tensors = createTensors("auto");

interface Measured {
  readonly perEvent: number;
  readonly learning: number;
}

/** Seconds of CPU per utterance after the reference, from the bytes of its JSON. */
function measure(reference: number, lines: readonly Buffer[]): Measured {
  const settings = {
    options: shortText.options.parse({ repeats: 0 }),
    reference: { first: reference },
    promise: 10_000,
    seed: 1,
  };
  const model = shortText.open(settings, { tensors, embedder: { kind: "none" } });
  if (model instanceof Promise) throw model;
  const state = model.init("bench");
  const start = process.cpuUsage();
  const counted = Math.ceil(reference / BATCH) * BATCH + WARM_UP;
  let learning = 0;
  let before = 0;
  for (let from = 0; from < lines.length; from += BATCH) {
    if (learning === 0 && from >= reference) learning = seconds(start);
    if (from === counted) before = seconds(start);
    const items = lines.slice(from, from + BATCH).map((line) => {
      return { state, event: eventOf(line), time: null };
    });
    const prepared = model.prepare!(items) as readonly unknown[];
    for (const [i, item] of items.entries()) void model.step([{ ...item, prepared: prepared[i] }]);
  }
  const all = seconds(start);
  model.close?.();
  return { perEvent: (all - before) / (lines.length - counted), learning };
}

function eventOf(value: Buffer): TextEvent {
  const decoded = decode({ offset: 0, key: null, time: null, value });
  if (decoded === null || !("event" in decoded)) throw new RangeError(decoded?.detail);
  return decoded.event;
}

function seconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Rows of the corpus, repeated with a little noise where there are too few. */
function vectorsOf(corpus: Corpus, count: number, seed: number): Float32Array {
  const { dim, embeddings } = corpus;
  const order = shuffle(Array.from(corpus.texts.keys()), seeded("peers", seed));
  const random = createRandom("peers noise", seed);
  const out = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const from = order[i % order.length]! * dim;
    const noise = i < order.length ? 0 : 0.05;
    let square = 0;
    for (let d = 0; d < dim; d++) {
      const value = embeddings[from + d]! + (noise === 0 ? 0 : noise * (uniform(random) - 0.5) * 2);
      out[i * dim + d] = value;
      square += value * value;
    }
    for (let d = 0; d < dim; d++) out[i * dim + d] = out[i * dim + d]! / Math.sqrt(square);
  }
  return out;
}

function linesOf(vectors: Float32Array, dim: number, base64: boolean): Buffer[] {
  return Array.from({ length: vectors.length / dim }, (_, i) => {
    const vector = vectors.slice(i * dim, (i + 1) * dim);
    const embedding = base64 ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return Buffer.from(JSON.stringify({ text: `utterance ${i}`, embedding }));
  });
}

function us(s: number): string {
  return `${(s * 1e6).toFixed(1)} µs`;
}

const corpus = loadCorpus();
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json and clinc150-minilm.f16");
else {
  const { dim } = corpus;
  const R = 4000;
  const events = Math.floor(Number(args.events) / BATCH) * BATCH;
  const vectors = vectorsOf(corpus, R + events, 1);
  const arrays = linesOf(vectors, dim, false);
  const inBase64 = linesOf(vectors, dim, true);
  const round = () => ({ numbers: measure(R, arrays), base64: measure(R, inBase64) });
  // A process that has just started compiles its hot loops; numpy's are compiled.
  console.log(`ours, JSON numbers, just started: ${us(measure(R, arrays).perEvent)} an utterance`);
  // Before each Python's peers and after them: the machine may not be as busy then.
  const rounds = [round()];
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-peers-"));
  try {
    writeFileSync(join(folder, "reference.f32"), new Uint8Array(vectors.buffer, 0, R * dim * 4));
    writeFileSync(join(folder, "events.ndjson"), arrays.slice(R).map(String).join("\n"));
    const files = [join(folder, "reference.f32"), join(folder, "events.ndjson")];
    const peers: { name: string; perEvent: number; after: number }[] = [];
    for (const python of (process.env.PYTHON ?? "python3").split(":")) {
      const said = execFileSync(python, [join(import.meta.dirname, "short-text-peers.py"), ...files]);
      for (const [name, perEvent] of Object.entries(JSON.parse(String(said)) as Record<string, number>)) {
        peers.push({ name, perEvent, after: rounds.length });
      }
      rounds.push(round());
    }
    for (const { numbers, base64 } of rounds) {
      console.log(
        `ours, JSON numbers: ${us(numbers.perEvent)} an utterance; base64: ${us(base64.perEvent)} (${tensors.backend}, reference ${R})`,
      );
    }
    for (const { name, perEvent, after } of peers) {
      const times = (form: "numbers" | "base64"): string =>
        rounds
          .slice(after - 1, after + 1)
          .map((ours) => (perEvent / ours[form].perEvent).toPrecision(3))
          .join(" and ");
      console.log(
        `${name}: ${us(perEvent)}, ${times("numbers")} × ours from numbers, ${times("base64")} × from base64`,
      );
    }
  } catch (cause) {
    console.warn(`SKIPPED peers: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const large = Number(args.large);
  if (large > 0) {
    const many = measure(large, linesOf(vectorsOf(corpus, large + 3200, 2), dim, true));
    console.log(
      `reference ${large}, base64: ${us(many.perEvent)} an utterance; learning ${many.learning.toFixed(0)} s in all`,
    );
  }
}
