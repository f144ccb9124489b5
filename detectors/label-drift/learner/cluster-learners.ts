import type { Reader, Writer } from "../../statistics/bytes.ts";
import { ADWIN, adwin } from "../../statistics/classic/adwin.ts";
import { type ClassicState, DRIFT } from "../../statistics/classic/classic.ts";
import type { Partition } from "../partition.ts";
import { type Chain, createChain, learnChain, predictChain, readChain, widenChain, writeChain } from "./chain.ts";
import { type Log, segmentsOf } from "./log.ts";

/**
 * One classifier chain for each cluster of labels, and ADWIN on its Hamming loss: where the loss rises, that cluster's learner
 * alone starts anew. A new cluster's learner, and a restarted one, is warm-started from the newest events.
 */
export interface ClusterLearners {
  learners: Map<number, ClusterLearner>;
}

interface ClusterLearner {
  readonly labels: Uint16Array;
  chain: Chain;
  readonly window: ClassicState;
  /** Hamming loss, decayed .99. */
  loss: number;
}

/** What a local alarm found. */
export interface LocalDrift {
  readonly cluster: number;
  readonly labels: Uint16Array;
  readonly lossBefore: number;
  readonly loss: number;
  /** Events that the loss now is taken over. */
  readonly width: number;
}

export const WARM_START = 300;
const detector = adwin(ADWIN);
const MEMORY = 0.99;

export function createClusterLearners(): ClusterLearners {
  return { learners: new Map() };
}

/** After the partition changed: the same cluster keeps its learner. */
export function followPartition(c: ClusterLearners, p: Partition, log: Log, inputs: number, born: Float64Array): void {
  const learners = new Map<number, ClusterLearner>();
  for (const { id, labels } of p.clusters) {
    const made = c.learners.get(id) ?? {
      labels: Uint16Array.from(labels),
      chain: createChain(),
      window: detector.create(),
      loss: 0,
    };
    if (!c.learners.has(id)) warmStart(made, log, inputs, born);
    learners.set(id, made);
  }
  c.learners = learners;
}

let row = new Float64Array(0);
let scores = new Float64Array(0);
let hard = new Uint8Array(0);
const local = new Uint16Array(4096);

function makeRoom(labels: number, inputs: number): void {
  if (row.length < inputs) row = new Float64Array(inputs * 2);
  if (scores.length < labels) {
    scores = new Float64Array(labels * 2);
    hard = new Uint8Array(labels * 2);
  }
}

function warmStart(c: ClusterLearner, log: Log, inputs: number, born: Float64Array): void {
  c.chain = createChain();
  widenChain(c.chain, c.labels.length, inputs);
  makeRoom(c.labels.length, inputs);
  const place = new Map([...c.labels].map((l, k) => [l, k]));
  const segments = segmentsOf(log);
  let skip = Math.max(0, segments.reduce((n, s) => n + s.rows, 0) - WARM_START);
  for (const s of segments) {
    for (let r = 0; r < s.rows; r++) {
      if (skip-- > 0) continue;
      row.fill(0, 0, inputs);
      for (let j = 0; j < s.width; j++) row[j] = s.z[r * s.width + j]!;
      let size = 0;
      for (let at = s.starts[r]!; at < s.starts[r + 1]!; at++) {
        const k = place.get(s.labels[at]!);
        if (k !== undefined && born[s.labels[at]!]! <= s.first + r) local[size++] = k;
      }
      predictChain(c.chain, row, scores, hard);
      learnChain(c.chain, row, local, size);
    }
  }
}

/** Test, then train, each cluster's learner. Labels of the event: present[l] = 1. */
export function stepClusters(
  c: ClusterLearners,
  z: Float64Array,
  inputs: number,
  present: Uint8Array,
  log: Log,
  born: Float64Array,
): LocalDrift[] {
  let found: LocalDrift[] = NONE;
  for (const [cluster, learner] of c.learners) {
    const { labels, window } = learner;
    makeRoom(labels.length, inputs);
    widenChain(learner.chain, labels.length, inputs);
    predictChain(learner.chain, z, scores, hard);
    let wrong = 0;
    let size = 0;
    for (let k = 0; k < labels.length; k++) {
      const y = present[labels[k]!]!;
      if (y !== hard[k]) wrong++;
      if (y === 1) local[size++] = k;
    }
    learnChain(learner.chain, z, local, size);
    const loss = wrong / labels.length;
    learner.loss = MEMORY * learner.loss + (1 - MEMORY) * loss;
    if (detector.update(window, loss) !== DRIFT) continue;
    const { mean, meanBefore, width } = detector.facts(window);
    // A loss that falls is learning.
    if (mean! <= meanBefore!) continue;
    found = [...found, { cluster, labels, lossBefore: meanBefore!, loss: mean!, width: width! }];
    warmStart(learner, log, inputs, born);
  }
  return found;
}

const NONE: LocalDrift[] = [];

export function writeClusterLearners(w: Writer, c: ClusterLearners): void {
  w.u32(c.learners.size);
  for (const [id, { labels, chain, window, loss }] of c.learners) {
    w.u32(id);
    w.array(labels);
    writeChain(w, chain);
    w.array(window.cells);
    w.f64(loss);
  }
}

export function readClusterLearners(r: Reader): ClusterLearners {
  const learners = new Map<number, ClusterLearner>();
  for (let n = r.u32(); n > 0; n--) {
    const id = r.u32();
    learners.set(id, { labels: r.u16s(), chain: readChain(r), window: { cells: r.f64s() }, loss: r.f64() });
  }
  return { learners };
}
