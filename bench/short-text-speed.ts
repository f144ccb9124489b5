/**
 * Process CPU of short-text per utterance, JSON parse included, reference of 1,500.
 *   DATASETS_DIR=… node --import tsx bench/short-text-speed.ts [--events 20000] [--batch 64]
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import type { Outcome } from "../engine/detector.ts";
import { loadCorpus, seeded, shuffle } from "./short-text-clinc.ts";

const { values: args } = parseArgs({
  options: { events: { type: "string", default: "20000" }, batch: { type: "string", default: "64" } },
});
const R = 1500;
const tensors = createTensors("auto");

function measure(name: string, lines: readonly string[], kind: "hash" | "none", bar: number): void {
  const batch = Number(args.batch);
  const settings = { options: shortText.options.parse({}), reference: { first: R }, promise: 10_000, seed: 1 };
  const model = shortText.open(settings, { tensors, embedder: { kind } });
  if (model instanceof Promise) throw model;
  const state = model.init("bench");
  const cpu = { parse: 0, prepare: 0, step: 0, save: 0 };
  let fitted = 0;
  let signals = 0;
  for (let from = 0; from < lines.length; from += batch) {
    const t0 = process.cpuUsage();
    const events = lines.slice(from, from + batch).map((line) => shortText.event.parse(JSON.parse(line)));
    const t1 = process.cpuUsage(t0);
    const prepared = model.prepare!(events.map((event) => ({ state, event, time: null }))) as readonly unknown[];
    const t2 = process.cpuUsage(t0);
    events.forEach((event, i) => {
      const outcomes = model.step([{ state, event, time: null, prepared: prepared[i] }]) as readonly Outcome[];
      signals += outcomes[0]!.signals.length;
    });
    const t3 = process.cpuUsage(t0);
    if (from % 1024 < batch) model.save([state]);
    const t4 = process.cpuUsage(t0);
    const sum = (t: NodeJS.CpuUsage): number => t.user + t.system;
    if (from < R) {
      fitted += sum(t4);
      continue;
    }
    cpu.parse += sum(t1);
    cpu.prepare += sum(t2) - sum(t1);
    cpu.step += sum(t3) - sum(t2);
    cpu.save += sum(t4) - sum(t3);
  }
  const n = lines.length - R;
  const us = (v: number): string => (v / n).toFixed(1);
  const total = cpu.parse + cpu.prepare + cpu.step + cpu.save;
  console.log(
    `${name}: ${us(total)} µs an utterance (bar ${bar}): parse and schema ${us(cpu.parse)}, vectors and neighbours ${us(cpu.prepare)}, bets ${us(cpu.step)}, snapshot each 1,024 ${us(cpu.save)}; learning ${Math.round(fitted / 1000)} ms in all; ${signals} signals`,
  );
  model.close?.();
}

const corpus = loadCorpus();
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json and clinc150-minilm.f16");
else {
  const rows = shuffle(
    corpus.texts.map((_, i) => i).filter((i) => corpus.intents[i] !== "oos"),
    seeded("speed"),
  );
  const chosen = Array.from({ length: Number(args.events) + R }, (_, i) => rows[i % rows.length]!);
  console.log(`backend ${tensors.backend}, batches of ${args.batch}, ${args.events} utterances`);
  const { embeddings, dim } = corpus;
  const given = chosen.map((row) => {
    const vector = embeddings.slice(row * dim, (row + 1) * dim);
    return JSON.stringify({ text: corpus.texts[row], embedding: Buffer.from(vector.buffer).toString("base64") });
  });
  measure("384-d base64 embeddings", given, "none", 120);
  measure(
    "hash encoder",
    chosen.map((row) => JSON.stringify({ text: corpus.texts[row] })),
    "hash",
    200,
  );
}
