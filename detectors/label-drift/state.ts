import type { Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";
import { createRandom, type Random } from "../statistics/random.ts";
import { type CoOccurrence, createCoOccurrence } from "./co-occurrence.ts";
import { readCoOccurrence, writeCoOccurrence } from "./co-occurrence-snapshot.ts";
import { createGlobalAlarm, type GlobalAlarm, readGlobalAlarm, writeGlobalAlarm } from "./global-alarm.ts";
import { createLearner, type Learner, partsOfLearner, readLearner, writeLearner } from "./learner/learner.ts";
import { createMarginals, type Marginals, readMarginals, writeMarginals } from "./marginals.ts";
import { createOdac, type Odac, readOdac, writeOdac } from "./odac.ts";
import type { LabelOptions } from "./options.ts";
import { createPartition, type Partition, place } from "./partition.ts";
import { VERSION } from "./version.ts";
import { createVocabulary, readVocabulary, type Vocabulary, writeVocabulary } from "./vocabulary.ts";
import { partOfWhole } from "./whole-pairs.ts";

/** What is known of one key. */
export interface State {
  readonly random: Random;
  events: number;
  /** Of them, those that taught it before its stream began: the stream's first index is 0. */
  readonly past: number;
  /** Time of the first event, and events per day once the first sample is complete: for a promise in days. */
  began: number | null;
  perDay: number | null;
  readonly labels: Vocabulary;
  readonly structure: CoOccurrence;
  readonly alarm: GlobalAlarm;
  /** Level of the statistic that alarms; null while it is not known. */
  threshold: number | null;
  readonly partition: Partition;
  readonly odac: Odac | null;
  /** Event of the next test of the partition. */
  nextTest: number;
  readonly marginals: Marginals;
  /** The last global alarm. */
  drift: Drift | null;
  /** Null: structure only. */
  readonly learner: Learner | null;
}

/** A global alarm, until its explanation is complete. */
export interface Drift {
  readonly index: number;
  /** Clusters of names before it. */
  readonly before: readonly (readonly string[])[];
  readonly pairs: readonly MovedPair[];
  explained: boolean;
}

export interface MovedPair {
  readonly labels: readonly [string, string];
  readonly jaccardBefore: number;
  readonly jaccard: number;
}

export function createState(seed: number, key: string, options: LabelOptions, past = 0): State {
  return {
    random: createRandom(seed, key),
    events: 0,
    past,
    began: null,
    perDay: null,
    labels: createVocabulary(options.maxLabels),
    structure: createCoOccurrence(),
    alarm: createGlobalAlarm(),
    threshold: null,
    partition: createPartition(),
    odac: options.partitioner === "odac" ? createOdac() : null,
    nextTest: 0,
    marginals: createMarginals(),
    drift: null,
    learner: options.learner === "none" ? null : createLearner(options),
  };
}

export function saveState(s: State): Snapshot {
  const w = createWriter(4096 + 64 * s.labels.names.length + 16 * s.structure.slots);
  w.array(s.random);
  w.f64(s.events);
  w.f64(s.began ?? Number.NaN);
  w.f64(s.perDay ?? Number.NaN);
  w.f64(s.threshold ?? Number.NaN);
  w.f64(s.nextTest);
  writeVocabulary(w, s.labels);
  writeCoOccurrence(w, s.structure);
  writeGlobalAlarm(w, s.alarm);
  writeMarginals(w, s.marginals);
  w.text(
    JSON.stringify({
      partition: [s.partition.nextId, s.partition.clusters],
      drift: s.drift,
      past: s.past || undefined,
    }),
  );
  w.u8(s.odac === null ? 0 : 1);
  if (s.odac) writeOdac(w, s.odac);
  if (s.learner) writeLearner(w, s.learner);
  const parts = s.learner ? partsOfLearner(s.learner) : [];
  // A state of few pairs is written as version 1 has it.
  const { whole } = s.structure;
  return whole === null
    ? { version: 1, running: w.done(), parts }
    : { version: VERSION, running: w.done(), parts: [partOfWhole(whole), ...parts] };
}

export function loadState(snapshot: Snapshot, options: LabelOptions): State {
  if (snapshot.version !== 1 && snapshot.version !== VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", {
      detector: "label-drift",
      version: snapshot.version,
      known: VERSION,
    });
  }
  const r = createReader(snapshot.running);
  const random = r.u32s();
  const events = r.f64();
  const [began, perDay, threshold] = [known(r.f64()), known(r.f64()), known(r.f64())];
  const nextTest = r.f64();
  const labels = readVocabulary(r, options.maxLabels);
  const [whole, logParts] =
    snapshot.version === 1 ? [null, snapshot.parts] : [snapshot.parts[0]!, snapshot.parts.slice(1)];
  const structure = readCoOccurrence(r, whole);
  const alarm = readGlobalAlarm(r, structure.labels);
  const marginals = readMarginals(r);
  const told = JSON.parse(r.text()) as {
    partition: [number, Partition["clusters"]];
    drift: Drift | null;
    past?: number;
  };
  const partition: Partition = { nextId: told.partition[0], clusters: told.partition[1], of: new Int32Array(0) };
  place(partition);
  const odac = r.u8() === 1 ? readOdac(r) : null;
  const { drift } = told;
  const learner = options.learner === "none" ? null : readLearner(r, options, logParts);
  return {
    random,
    events,
    past: told.past ?? 0,
    began,
    perDay,
    threshold,
    nextTest,
    labels,
    structure,
    alarm,
    marginals,
    partition,
    odac,
    drift,
    learner,
  };
}

function known(x: number): number | null {
  return Number.isNaN(x) ? null : x;
}
