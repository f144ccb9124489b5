import type { Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { createReader, createWriter } from "../statistics/bytes.ts";
import { createRandom, type Random } from "../statistics/random.ts";
import { type CoOccurrence, createCoOccurrence } from "./co-occurrence.ts";
import { readCoOccurrence, writeCoOccurrence } from "./co-occurrence-snapshot.ts";
import { type Company, partOfCompany, readCompany, writeCompany } from "./company.ts";
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
  /** Of rare labels; null before the sample is complete, and where it does not tell. */
  company: Company | null;
  /** Level of the displacement that alarms; null while it is not known. */
  threshold: number | null;
  readonly partition: Partition;
  readonly odac: Odac | null;
  /** Event of the next test of the partition. */
  nextTest: number;
  /** Changes of the partition are told together: from when on, and what it was before the first that is not told. */
  readonly telling: Telling;
  readonly marginals: Marginals;
  /** The last global alarm. */
  drift: Drift | null;
  /** Null: structure only. */
  readonly learner: Learner | null;
}

export interface Telling {
  /** Events since the last reset. */
  from: number;
  before: readonly (readonly string[])[] | null;
}

/** Events since a reset from which its first clusters are told. */
export const FIRST_TOLD = 200;

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
    company: null,
    threshold: null,
    partition: createPartition(),
    odac: options.partitioner === "odac" ? createOdac() : null,
    nextTest: 0,
    telling: { from: FIRST_TOLD, before: null },
    marginals: createMarginals(),
    drift: null,
    learner: options.learner === "none" ? null : createLearner(options),
  };
}

export function saveState(s: State): Snapshot {
  const w = createWriter(4096 + 96 * s.labels.names.length + 16 * s.structure.slots);
  const { company } = s;
  const { whole } = s.structure;
  w.u8((whole === null ? 0 : WITH_WHOLE) + (company === null ? 0 : WITH_COMPANY));
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
  if (company !== null) writeCompany(w, company);
  w.text(
    JSON.stringify({
      partition: [s.partition.nextId, s.partition.clusters],
      drift: s.drift,
      telling: s.telling,
      past: s.past || undefined,
    }),
  );
  w.u8(s.odac === null ? 0 : 1);
  if (s.odac) writeOdac(w, s.odac);
  if (s.learner) writeLearner(w, s.learner);
  const parts = [
    ...(whole === null ? [] : [partOfWhole(whole)]),
    ...(company === null ? [] : [partOfCompany(company)]),
    ...(s.learner ? partsOfLearner(s.learner) : []),
  ];
  return { version: VERSION, running: w.done(), parts };
}

/** Which parts come before the learner's. */
const WITH_WHOLE = 1;
const WITH_COMPANY = 2;

export function loadState(snapshot: Snapshot, options: LabelOptions): State {
  const { version } = snapshot;
  if (version < 1 || version > VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", {
      detector: "label-drift",
      version,
      known: VERSION,
    });
  }
  const r = createReader(snapshot.running);
  const has = version < 3 ? version - 1 : r.u8();
  const parts = [...snapshot.parts];
  const whole = has & WITH_WHOLE ? parts.shift()! : null;
  const told = has & WITH_COMPANY ? parts.shift()! : null;
  const random = r.u32s();
  const events = r.f64();
  const [began, perDay, threshold] = [known(r.f64()), known(r.f64()), known(r.f64())];
  const nextTest = r.f64();
  const labels = readVocabulary(r, options.maxLabels);
  const structure = readCoOccurrence(r, whole);
  const alarm = readGlobalAlarm(r, structure.labels, version);
  const marginals = readMarginals(r, version);
  const company = told === null ? null : readCompany(r, told);
  const json = JSON.parse(r.text()) as {
    partition: [number, Partition["clusters"]];
    drift: Drift | null;
    telling?: Telling;
    past?: number;
  };
  const partition: Partition = { nextId: json.partition[0], clusters: json.partition[1], of: new Int32Array(0) };
  place(partition);
  const odac = r.u8() === 1 ? readOdac(r) : null;
  const { drift } = json;
  const learner = options.learner === "none" ? null : readLearner(r, options, parts);
  return {
    random,
    events,
    past: json.past ?? 0,
    began,
    perDay,
    threshold,
    nextTest,
    telling: json.telling ?? { from: FIRST_TOLD, before: null },
    labels,
    structure,
    alarm,
    company,
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
