/**
 * short-text on streams that depend on their past, simulated from CLINC150: false alarms on clean streams, 20 % novel
 * intents found, and what the product says to the user. An alarm without an end counts once: hence the share of events while
 * one was open (a few false alarms of 500 events each are 5 %).
 *   DATASETS_DIR=… node --import tsx bench/short-text-dependent.ts [--kinds sequence,retries] [--streams 10] [--encoder given]
 *     [--changes 12] [--options '{}']
 */
import { parseArgs } from "node:util";
import { createTensors } from "../adapters/tensors/create.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import { loadCorpus, seeded, splitIntents } from "./short-text-clinc.ts";
import { KINDS, type Kind, makeDependent } from "./short-text-dependent-streams.ts";
import { replayUtterances } from "./short-text-replay.ts";

const { values: args } = parseArgs({
  options: {
    kinds: { type: "string", default: KINDS.join(",") },
    streams: { type: "string", default: "10" },
    changes: { type: "string", default: "12" },
    encoder: { type: "string", default: "given" },
    options: { type: "string", default: "{}" },
  },
});
const R = 1500;
const tensors = createTensors("auto");
const settings = {
  options: shortText.options.parse(JSON.parse(args.options)),
  reference: { first: R },
  promise: 10_000,
};
const corpus = loadCorpus();
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json and clinc150-minilm.f16");
else {
  const encoder = args.encoder === "hash" ? "hash" : "given";
  console.log(
    `${encoder}; kind, events, false drift and surge per 10,000, events while one was open; 20 % novel found within 1,000, median delay`,
  );
  for (const kind of args.kinds.split(",") as Kind[]) {
    let events = 0;
    let openEvents = 0;
    const counts = { drift: 0, surge: 0 };
    const said = new Map<string, number>();
    const references = Number(args.streams);
    for (let s = 0; s < references; s++) {
      const all = splitIntents(corpus, 0, seeded("dependent", s));
      const stream = makeDependent(corpus, kind, all.known, seeded("dependent order", kind, s));
      const replay = await replayUtterances(corpus, stream, encoder, { ...settings, seed: 5_000 + s }, tensors);
      events += stream.length - R;
      const open = new Set<string>();
      let since = 0;
      const until = (index: number): void => {
        if (open.size > 0) openEvents += index - since;
        since = index;
      };
      for (const { signal, index } of replay.heard) {
        until(index);
        if (signal.kind === "recovered") open.delete(signal.episodeOf!);
        else if ((signal.kind === "drift" || signal.kind === "surge") && !open.has(signal.kind)) {
          counts[signal.kind] += 1;
          open.add(signal.kind);
        }
      }
      until(stream.length);
      for (const warning of replay.warnings) {
        const general = warning.replaceAll(/[\d.]+/g, "N");
        said.set(general, (said.get(general) ?? 0) + 1);
      }
    }
    const delays: number[] = [];
    let changes = 0;
    for (let s = 0; s < Number(args.changes); s++) {
      const split = splitIntents(corpus, 50, seeded("dependent split", s % 4));
      const change = R + 700;
      const random = seeded("dependent change", kind, s);
      const stream = makeDependent(corpus, kind, split.known, random, { novel: split.novel, at: change });
      const cut = stream.slice(0, change + 1000);
      const { heard } = await replayUtterances(corpus, cut, encoder, { ...settings, seed: 9_000 + s }, tensors);
      changes += 1;
      const found = heard.find(({ signal, index }) => signal.kind === "drift" && index >= change);
      if (found !== undefined) delays.push(found.index - change);
    }
    delays.sort((a, b) => a - b);
    const rate = (n: number): string => ((10_000 * n) / events).toFixed(2);
    console.log(
      `${kind.padEnd(22)} ${events} ${rate(counts.drift)} ${rate(counts.surge)}, open ${((100 * openEvents) / Math.max(1, events)).toFixed(1)} %;  ${Math.round((100 * delays.length) / Math.max(1, changes))} % ${delays[Math.floor(delays.length / 2)] ?? "–"}`,
    );
    for (const [text, times] of said) console.log(`    says (${times} of ${references}): ${text}`);
  }
  console.log(`${Math.round(process.cpuUsage().user / 1e6)} s of CPU`);
}
