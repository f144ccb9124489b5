import type { TextEvent } from "../detectors/short-text/event.ts";
import type { Options } from "../detectors/short-text/options.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import type { Outcome, Settings } from "../engine/detector.ts";
import type { SignalDraft } from "../engine/signal.ts";
import type { Tensors } from "../engine/tensors.ts";
import type { Corpus } from "./short-text-clinc.ts";

/** What a producer would send: a row of the corpus, perhaps worded otherwise, in a session, at a time. */
export interface Utterance {
  readonly row: number;
  readonly text?: string;
  readonly session?: string | null;
  readonly time?: number | null;
}

export type Encoder = "given" | "hash";

export interface Heard {
  readonly index: number;
  readonly signal: SignalDraft;
}

/** Runs one key over the stream: its signals, and its warnings in words as inspect() gives them at the end. */
export async function replayUtterances(
  corpus: Corpus,
  stream: readonly Utterance[],
  encoder: Encoder,
  settings: Settings<Options>,
  tensors: Tensors,
): Promise<{ readonly heard: Heard[]; readonly warnings: readonly string[] }> {
  const model = shortText.open(settings, { tensors, embedder: { kind: encoder === "hash" ? "hash" : "none" } });
  if (model instanceof Promise) throw model;
  const state = model.init("bench");
  const heard: Heard[] = [];
  for (let from = 0; from < stream.length; from += 256) {
    const items = stream.slice(from, from + 256).map((one) => {
      const event: TextEvent = { text: one.text ?? corpus.texts[one.row]!, session: one.session ?? null };
      if (encoder === "given") event.embedding = embeddingOf(corpus, one.row);
      return { state, event, time: one.time ?? null };
    });
    const prepared = model.prepare!(items) as readonly unknown[];
    for (const [i, item] of items.entries()) {
      const stepped = model.step([{ ...item, prepared: prepared[i] }]);
      const outcomes: readonly Outcome[] = stepped instanceof Promise ? await stepped : stepped;
      for (const signal of outcomes[0]!.signals) heard.push({ index: from + i, signal });
    }
  }
  const warnings = model.inspect(state).details.warnings as readonly string[];
  model.close?.();
  return { heard, warnings };
}

function embeddingOf(corpus: Corpus, row: number): string {
  const vector = corpus.embeddings.subarray(row * corpus.dim, (row + 1) * corpus.dim);
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
