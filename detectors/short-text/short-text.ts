import type { Detector, Settings } from "../../engine/detector.ts";
import { readNumbers } from "../json/numbers.ts";
import { event, type TextEvent } from "./event.ts";
import { example } from "./example.ts";
import { GAUGES } from "./inspect.ts";
import { DEFAULT_PROMISE, DEFAULT_REFERENCE, openModel } from "./model.ts";
import { type Options, options } from "./options.ts";
import { BATCH } from "./scheme.ts";
import type { State } from "./state.ts";

/**
 * Streams of short texts (requests, messages, reviews): sees new topics (`drift`) and known topics that became much
 * more frequent (`surge`), says since when, and what is new.
 *
 * A reference of R texts is learnt from the stream: unit vectors a_1..a_R, k nearest neighbours, K clusters.
 *   score   s(x) = 1 − mean cos(x, 3 nearest a_i) − h · mean spread(a_i),  spread(a_i) = the mean distance of a_i and of its
 *           8 nearest to their own neighbours
 *   rank    p = (G + u(e+1))/(N+1): reference and later normal scores above (G) and in the same bin (e), u uniform
 *           a text counts as normal when 500 more have come, a third of the reference's where that is less: a change that
 *           has begun is not measured by itself (under guarantee at once)
 *   bets    fair e-values on p (conf, norm), on the cluster (clus), on the cluster among far texts (cell)
 *   sums    R_b ← (R_b + s)·e_b (Shiryaev–Roberts; s = 0 while nothing varies)
 *   alarm   drift: .625 conf + .125 norm + .25 cell ≥ A;  surge: clus ≥ A;  A = the promise × a calibrated factor / L
 * Turns of one session are one step of evidence, V(n) = 1 + Σ(e_b − 1)/max(n, M); L is its mean length, M = ⌈L⌉.
 * Onset: Π_{i ≥ k} e_b(i), weighted, is a posterior over starts k; index is its median, low and high its 5 and 95 %.
 *
 * Other tests for those who ask (`scheme`), drift only:
 *   paper   similarity cos(f, r(f)) to an autoencoder's reconstruction (64 ReLU units, trained on ⅔ of the reference, 12
 *           epochs), its mean over batches of 25, one-sided Mann–Whitney change-point model with h_t for promise/25 batches,
 *           at most 10,000 events; the held-back ⅓ calibrates what counts as an outlier
 *   page-hinkley, adwin   on the score, standardised by the reference's: no promise, no onset, found late or not at all
 *
 * explanation (drift, surge, explained)
 *   clusters[]  {id, name, terms, examples, medoid, share, shareBefore, lift, size}, strongest first, at most 5; a surge is
 *               named by what sets it apart in the reference; id, and the name while it fits, stay when explained again
 *   vanished[]  {name, terms, medoid, share, shareBefore, lift, size}: topics hardly said any more, at most 3
 *   shareUnlike share of those texts above the reference's 90 % quantile of scores, a tenth before: with no leading topic,
 *               or one that is small beside it, the summary says that many topics are new
 *   shareNew    share of the texts in the window that belongs to them beyond what the reference lets expect
 *   sticky      a token that is no word and is in most new texts (it distorts embeddings), or null
 *   explained again at the second crossing and 200, 800, 3,200, … events after the alarm
 *   window      {from, to, texts}: the last texts since the onset, at most 512;  onset;  kind
 *   reference   {size, from, to, embedding, turnsPerSession};  promise (events);  warnings (sentences)
 *
 * Cost per event: one pass over the reference (R·dim products, batched), ~5 µs for the rest; per key about
 * R·dim·4 bytes for the reference (shared where equal) and 300 KiB.
 * The same text within 50 counts once; where 5 % of the reference nearly repeat one of the 50 before, so do such texts.
 * Limits: sessions without ids, a reference shorter than the stream's cycles, and near-duplicates that the reference does
 * not show break the promise;
 * embeddings that were fitted on the reference's own texts make it empirical rather than a theorem.
 */
export const shortText: Detector<TextEvent, Options, State> = {
  name: "short-text",
  version: 4,
  title: "Short texts",
  summary: "Finds the change point in a stream of short texts, and says what is new.",
  source:
    "The task of Rabinovich, Vetzler, Ackerman, Anaby-Tavor: Reliable and Interpretable Drift Detection in Streams of Short Texts, ACL 2023 (arXiv 2305.17750), by e-detectors (Shin, Ramdas, Rinaldo, arXiv 2203.03532)",
  event,
  reads: { embedding: readNumbers },
  options,
  freeOptions: ["texts", "warnAt", "adaptAfter"],
  reference: { first: DEFAULT_REFERENCE, least: 300 },
  falseAlarms: DEFAULT_PROMISE,
  sharesPromise: true,
  guide: "How it works, with pictures and an example to run: [Short texts](../short-text.md).\n",
  gauges: GAUGES,
  signals: [
    { kind: "drift", severity: "critical", episode: "opens", help: "Texts arrive that are unlike the reference." },
    { kind: "surge", severity: "critical", episode: "opens", help: "A known topic became much more frequent." },
    { kind: "warning", severity: "warning", episode: "none", help: "A statistic passed warnAt; no promise." },
    { kind: "explained", severity: "info", episode: "updates", help: "The explanation again, from more texts." },
    {
      kind: "recovered",
      severity: "info",
      episode: "closes",
      help: "No crossing for max(500, 2·(alarm − onset)) events.",
    },
  ],
  check,
  open: openModel,
  example,
};

const MOST_BATCHES = 400;

/** Refuses what no one could keep, before anything is learnt. */
function check({ options, promise, promiseDays, shared }: Settings<Options>): string | null {
  const { scheme } = options;
  if (scheme === "calibrated") return null;
  if (shared) return `scheme: ${scheme} can share no promise between keys; use scheme: calibrated`;
  if (options.guarantee) return `guarantee: true is for scheme: calibrated; ${scheme} can prove no promise`;
  if (scheme !== "paper") {
    if (promise === null && promiseDays == null) return null;
    return `scheme: ${scheme} cannot promise how often it alarms falsely: remove falseAlarms, or use scheme: calibrated`;
  }
  if (promiseDays != null) return "scheme: paper promises events, not days: name falseAlarms.events";
  if (promise !== null && promise > MOST_BATCHES * BATCH) {
    return `falseAlarms.events is ${promise}: scheme: paper can promise at most ${MOST_BATCHES * BATCH} (${MOST_BATCHES} batches of ${BATCH}); use scheme: calibrated for more`;
  }
  return null;
}
