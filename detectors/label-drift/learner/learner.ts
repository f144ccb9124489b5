import type { Part } from "../../../engine/detector.ts";
import type { Rejection } from "../../../engine/rejection.ts";
import type { SumsKernels } from "../../../engine/tensors.ts";
import type { Reader, Writer } from "../../statistics/bytes.ts";
import type { LabelEvent } from "../event.ts";
import type { LabelOptions } from "../options.ts";
import type { Partition } from "../partition.ts";
import { createVocabulary, numberOf, readVocabulary, type Vocabulary, writeVocabulary } from "../vocabulary.ts";
import {
  type ClusterLearners,
  createClusterLearners,
  followPartition,
  type LocalDrift,
  readClusterLearners,
  stepClusters,
  WARM_START,
  writeClusterLearners,
} from "./cluster-learners.ts";
import {
  createEnsemble,
  type Ensemble,
  forgetInEnsemble,
  learnEnsemble,
  predictEnsemble,
  reachOf,
  readEnsemble,
  widenEnsemble,
  writeEnsemble,
} from "./ensemble.ts";
import { append, createLog, type Log, partsOf, readLog, writeLog } from "./log.ts";
import { createScaler, readScaler, type Scaler, scale, widenScaler, writeScaler } from "./scaler.ts";
import { createTree, forgetInTree, learnTree, predictTree, type Tree, widenTree } from "./tree/tree.ts";
import { readTree, writeTree } from "./tree/tree-snapshot.ts";

/** All that predicts: the global learner and one for each cluster of labels. */
export interface Learner {
  /** By position or by name, as the first inputs came; null before. */
  form: "array" | "names" | null;
  readonly names: Vocabulary;
  readonly scaler: Scaler;
  readonly log: Log;
  /** One of the two. */
  readonly ensemble: Ensemble | null;
  readonly tree: Tree | null;
  /** Null: none wanted. */
  readonly clusters: ClusterLearners | null;
  /** Event from which a label's number means its name. */
  born: Float64Array;
  labels: number;
  /** Test-then-train of late, decayed .99: exact answers, Hamming loss. */
  exact: number;
  hamming: number;
}

const MOST_INPUTS = 16_384;
const MEMORY = 0.99;

export function createLearner({ learner, clusterLearners, seed }: LabelOptions): Learner {
  const kind = kindOf(learner);
  return {
    form: null,
    names: createVocabulary(MOST_INPUTS),
    scaler: createScaler(),
    log: createLog(Math.max(reachOf(kind), WARM_START)),
    ensemble: learner === "tree" ? null : createEnsemble(kind, seed),
    tree: learner === "tree" ? createTree(seed) : null,
    clusters: clusterLearners ? createClusterLearners() : null,
    born: new Float64Array(16),
    labels: 0,
    exact: 0,
    hamming: 0,
  };
}

function kindOf(learner: LabelOptions["learner"]): "ensemble" | "quality" {
  return learner === "quality" ? "quality" : "ensemble";
}

/** Why these inputs cannot go with those before, or null. */
export function refuse(l: Learner, x: LabelEvent["x"]): Rejection | null {
  if (x === undefined || l.form === null) return null;
  const form = Array.isArray(x) ? "array" : "names";
  if (form !== l.form) {
    return {
      reason: "wrong-type",
      detail: `x came ${l.form === "array" ? "as an array" : "by name"} so far, now it does not.`,
    };
  }
  if (Array.isArray(x) && x.length !== l.scaler.inputs) {
    return { reason: "wrong-dimension", detail: `x has ${x.length} inputs, before it had ${l.scaler.inputs}.` };
  }
  return null;
}

let raw = new Float64Array(0);
let z = new Float64Array(0);

function read(l: Learner, x: NonNullable<LabelEvent["x"]>): void {
  const { scaler, names } = l;
  let inputs: number;
  if (Array.isArray(x)) {
    l.form = "array";
    inputs = x.length;
  } else {
    l.form = "names";
    for (const name in x) numberOf(names, name);
    inputs = names.names.length;
  }
  if (raw.length < inputs) {
    raw = new Float64Array(inputs * 2);
    z = new Float64Array(inputs * 2);
  }
  widenScaler(scaler, inputs);
  const { mean } = scaler;
  if (Array.isArray(x)) for (let j = 0; j < inputs; j++) raw[j] = x[j] ?? mean[j]!;
  else {
    raw.fill(0, 0, inputs);
    for (const name in x) {
      const j = names.numbers.get(name);
      if (j !== undefined) raw[j] = x[name] ?? mean[j]!;
    }
  }
}

export interface Learnt {
  readonly answer: Uint16Array;
  readonly drifts: readonly LocalDrift[];
}

/** Predicts, then learns. Labels of the event active[0 … size) ascending, present[l] = 1 for them, of `labels` known by now. */
export function learn(
  l: Learner,
  index: number,
  x: NonNullable<LabelEvent["x"]>,
  active: Uint16Array,
  size: number,
  present: Uint8Array,
  labels: number,
  kernels: SumsKernels,
): Learnt {
  read(l, x);
  const { scaler, ensemble, tree, log } = l;
  const { inputs } = scaler;
  scale(scaler, raw, z);
  if (ensemble) widenEnsemble(ensemble, l.labels, inputs);
  if (tree) widenTree(tree, inputs, l.labels);
  const answer = tree ? predictTree(tree, raw) : predictEnsemble(ensemble!, log, z, inputs, l.born);
  // Labels that are new with this event could not be answered.
  if (labels > l.labels) bear(l, labels, index);
  if (ensemble) widenEnsemble(ensemble, labels, inputs);
  const drifts = l.clusters ? stepClusters(l.clusters, z, inputs, present, log, l.born) : NO_DRIFTS;
  if (ensemble) learnEnsemble(ensemble, z, active, size, present, kernels);
  if (tree) {
    widenTree(tree, inputs, labels);
    learnTree(tree, raw, active, size, present);
  }
  append(log, index, z, inputs, active, size);
  noteOf(l, answer, size, present);
  return { answer, drifts };
}

const NO_DRIFTS: readonly LocalDrift[] = [];

function noteOf(l: Learner, answer: Uint16Array, size: number, present: Uint8Array): void {
  let hits = 0;
  for (let k = 0; k < answer.length; k++) hits += present[answer[k]!]!;
  const errors = answer.length + size - 2 * hits;
  l.exact = MEMORY * l.exact + (errors === 0 ? 1 - MEMORY : 0);
  l.hamming = MEMORY * l.hamming + ((1 - MEMORY) * errors) / Math.max(1, l.labels);
}

function bear(l: Learner, labels: number, index: number): void {
  if (labels > l.born.length) {
    const longer = new Float64Array(labels * 2);
    longer.set(l.born);
    l.born = longer;
  }
  l.born.fill(index, l.labels, labels);
  l.labels = labels;
}

/** The number now means another label. */
export function forgetInLearner(l: Learner, label: number, index: number): void {
  if (label >= l.labels) return;
  l.born[label] = index;
  if (l.ensemble) forgetInEnsemble(l.ensemble, label);
  if (l.tree) forgetInTree(l.tree, label);
}

export function followClusters(l: Learner, partition: Partition): void {
  if (l.clusters && l.form !== null) followPartition(l.clusters, partition, l.log, l.scaler.inputs, l.born);
}

export function partsOfLearner(l: Learner): readonly Part[] {
  return partsOf(l.log);
}

export function writeLearner(w: Writer, l: Learner): void {
  w.u8(l.form === null ? 0 : l.form === "array" ? 1 : 2);
  writeVocabulary(w, l.names);
  writeScaler(w, l.scaler);
  writeLog(w, l.log);
  if (l.ensemble) writeEnsemble(w, l.ensemble);
  if (l.tree) writeTree(w, l.tree);
  if (l.clusters) writeClusterLearners(w, l.clusters);
  w.u32(l.labels);
  w.array(l.born.subarray(0, l.labels));
  w.f64(l.exact);
  w.f64(l.hamming);
}

export function readLearner(r: Reader, options: LabelOptions, parts: readonly Part[]): Learner {
  const kind = kindOf(options.learner);
  const form = [null, "array" as const, "names" as const][r.u8()]!;
  return {
    form,
    names: readVocabulary(r, MOST_INPUTS),
    scaler: readScaler(r),
    log: readLog(r, Math.max(reachOf(kind), WARM_START), parts),
    ensemble: options.learner === "tree" ? null : readEnsemble(r, kind, options.seed),
    tree: options.learner === "tree" ? readTree(r) : null,
    clusters: options.clusterLearners ? readClusterLearners(r) : null,
    labels: r.u32(),
    born: r.f64s(),
    exact: r.f64(),
    hamming: r.f64(),
  };
}
