import type { Part, Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Tensors } from "../../engine/tensors.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { fenwickOf } from "../statistics/fenwick.ts";
import type { Promised } from "../statistics/promised.ts";
import type { Random } from "../statistics/random.ts";
import { createLayout } from "./bets.ts";
import { packCounts, unpackCounts } from "./compact.ts";
import type { Episode, Episodes } from "./episode.ts";
import { createEvidence } from "./evidence.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { loadHistory, saveHistory } from "./history.ts";
import { type Learning, loadLearning, saveLearning } from "./learning.ts";
import { beginLineage, type Lineage, loadLineage, recordVersion, saveLineage } from "./lineage.ts";
import type { Options } from "./options.ts";
import { thresholdsOf } from "./promise.ts";
import { loadRecent, saveRecent } from "./recent.ts";
import { loadReference, type References, SOURCES, type Source, scoringOf } from "./reference.ts";
import { loadScheme, saveScheme } from "./scheme.ts";
import { loadSessions, saveSessions } from "./sessions.ts";
import { countsOf, type Watch } from "./watch.ts";

export const VERSION = 4;

/** All that is known of a key. Learning, or watching. */
export interface State {
  readonly random: Random;
  /** Accepted events. */
  index: number;
  /** Where vectors come from and how long they are; null and 0 before the first event. */
  source: Source | null;
  dim: number;
  /** Hashes of the last texts, by index modulo length. */
  readonly repeats: Uint32Array;
  learning: Learning | null;
  watch: Watch | null;
  lineage: Lineage;
  fingerprint: Fingerprint;
}

export interface LoadContext {
  readonly references: References;
  readonly tensors: Tensors;
  readonly options: Options;
  readonly promised: Promised;
}

export function saveState(state: State): Snapshot {
  const w = createWriter(16_384);
  const parts: Part[] = [];
  w.array(state.random);
  w.f64(state.index);
  w.u8(state.source === null ? 255 : SOURCES.indexOf(state.source));
  w.u32(state.dim);
  w.array(state.repeats);
  w.u8(state.learning === null ? 0 : 1);
  if (state.learning !== null) {
    const saved = saveLearning(state.learning);
    w.u32(state.learning.seen);
    w.array(saved.running);
    parts.push(...saved.parts);
  }
  if (state.watch !== null) saveWatch(state.watch, w, parts);
  w.text(saveLineage(state.lineage));
  w.text(state.fingerprint ?? "");
  return { version: VERSION, running: w.done(), parts };
}

export function loadState(snapshot: Snapshot, context: LoadContext): State {
  if (snapshot.version < 1 || snapshot.version > VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", {
      detector: "short-text",
      version: snapshot.version,
      known: VERSION,
    });
  }
  const r = createReader(snapshot.running);
  const random = r.u32s();
  const index = r.f64();
  const source = SOURCES[r.u8()] ?? null;
  const dim = r.u32();
  const repeats = r.u32s();
  const learns = r.u8() === 1;
  const learning = learns ? loadLearning(r.u32(), r.bytes(), snapshot.parts) : null;
  const watch = learns ? null : loadWatch(r, snapshot.parts, context, snapshot.version);
  const lineage = snapshot.version >= 3 ? loadLineage(r.text()) : oldLineage(watch);
  // Older snapshots end before it.
  const fingerprint = (r.left() > 0 && r.text()) || null;
  return { random, index, source, dim, repeats, learning, watch, lineage, fingerprint };
}

/** Older snapshots do not tell how often it was learnt. */
function oldLineage(watch: Watch | null): Lineage {
  const begun = beginLineage("first-events");
  return watch === null ? begun : recordVersion(begun, watch.reference, null);
}

function saveWatch(watch: Watch, w: Writer, parts: Part[]): void {
  const { counts, reference } = watch;
  const history = saveHistory(watch.history);
  const recent = saveRecent(watch.recent);
  parts.push(...reference.parts, ...history.parts, ...recent.parts);
  w.u32(reference.parts.length);
  w.u32(history.parts.length);
  w.array(history.running);
  w.array(recent.running);
  w.array(packCounts(counts.ranks.counts));
  w.array(counts.cluster);
  w.array(counts.cell);
  w.u8((counts.rankVaries ? 1 : 0) | (counts.clusterVaries ? 2 : 0) | (counts.cellVaries ? 4 : 0));
  w.array(watch.evidence.sums);
  w.f64(watch.nextSession);
  saveSessions(watch.sessions, w);
  w.text(JSON.stringify(watch.episodes));
  w.f64(watch.since);
  w.f64(watch.drift);
  w.f64(watch.surge);
  w.f64(watch.novelty);
  w.f64(watch.highShare);
  w.u8(watch.warned ? 1 : 0);
  saveScheme(watch.scheme, w);
  w.f64(watch.thresholds.drift);
  w.f64(watch.countedTo);
}

function loadWatch(r: Reader, parts: readonly Part[], context: LoadContext, version: number): Watch {
  const { options } = context;
  const ofReference = r.u32();
  const ofHistory = ofReference + r.u32();
  const reference = loadReference(parts.slice(0, ofReference), context.references, context.tensors);
  const history = loadHistory(r.bytes(), parts.slice(ofReference, ofHistory));
  const recent = loadRecent(reference.dim, r.bytes(), parts.slice(ofHistory));
  const { bins } = scoringOf(reference.facts, options);
  const counts = countsOf(fenwickOf(unpackCounts(r.bytes(), bins)), r.f64s(), r.f64s());
  const varies = r.u8();
  counts.rankVaries = (varies & 1) !== 0;
  counts.clusterVaries = (varies & 2) !== 0;
  counts.cellVaries = (varies & 4) !== 0;
  const watch = {
    reference,
    history,
    recent,
    counts,
    // Older versions counted every event at once.
    countedTo: history.end,
    evidence: createEvidence(createLayout(reference.clusters, options.guarantee), r.f64s()),
    thresholds: thresholdsOf(context.promised, reference.facts, reference.clusters, options),
    nextSession: r.f64(),
    sessions: loadSessions(r),
    episodes: JSON.parse(r.text()) as Record<keyof Episodes, Episode | null>,
    since: r.f64(),
    drift: r.f64(),
    surge: r.f64(),
    novelty: r.f64(),
    highShare: r.f64(),
    warned: r.u8() === 1,
  };
  if (version === 1) return { ...watch, scheme: null };
  const scheme = loadScheme(r);
  // The change-point model's threshold is that of its last batch.
  const drift = r.f64();
  if (version >= 4) watch.countedTo = r.f64();
  return { ...watch, scheme, thresholds: scheme?.kind === "paper" ? { ...watch.thresholds, drift } : watch.thresholds };
}
