import type { SumsKernels } from "../../../engine/tensors.ts";
import type { Reader, Writer } from "../../statistics/bytes.ts";
import {
  type Chain,
  createChain,
  forgetInChain,
  learnChain,
  predictChain,
  readChain,
  widenChain,
  writeChain,
} from "./chain.ts";
import { createForm, type Form, goodness, noteForm } from "./form.ts";
import {
  createLabelSets,
  forgetInLabelSets,
  type LabelSets,
  noteLabelSet,
  readLabelSets,
  writeLabelSets,
} from "./label-sets.ts";
import {
  createLinks,
  forgetInLinks,
  type Links,
  learnLinks,
  predictLinks,
  readLinks,
  widenLinks,
  writeLinks,
} from "./links.ts";
import type { Log } from "./log.ts";
import { type Vote, vote } from "./neighbours.ts";

/**
 * The learner: a classifier chain, nearest neighbours by label set, random functional links; quality has more neighbours too.
 * Each tells p_m of each label; weights ∝ exp(10·goodness) of its own answers of late; p = Σ w_m p_m. For each bias b the
 * answer is the label set, of those seen and those that members answer, with the greatest Σ_{l in it} (logit p_l + b); given
 * is that of the bias that was best of late.
 */
export interface Ensemble {
  readonly chain: Chain;
  readonly links: Links;
  readonly votes: readonly Vote[];
  readonly sets: LabelSets;
  /** Members, then biases. */
  readonly form: Form;
}

const VOTES: Record<"ensemble" | "quality", readonly Vote[]> = {
  ensemble: [{ k: 4, window: 170 }],
  quality: [
    { k: 4, window: 170 },
    { k: 10, window: 1000 },
  ],
};
const BIASES = [0, 0.25, 0.5, 0.75, 1] as const;
const SHARPNESS = 10;
const LEAST = 0.001;

export function createEnsemble(kind: "ensemble" | "quality", seed: number): Ensemble {
  const votes = VOTES[kind];
  return {
    chain: createChain(),
    links: createLinks(seed),
    votes,
    sets: createLabelSets(),
    form: createForm(2 + votes.length + BIASES.length),
  };
}

/** Events of the log that it needs. */
export function reachOf(kind: "ensemble" | "quality"): number {
  return VOTES[kind].reduce((n, { window }) => Math.max(n, window), 0);
}

export function widenEnsemble(e: Ensemble, labels: number, inputs: number): void {
  widenChain(e.chain, labels, inputs);
  widenLinks(e.links, labels, inputs);
}

export function forgetInEnsemble(e: Ensemble, l: number): void {
  forgetInChain(e.chain, l);
  forgetInLinks(e.links, l);
  forgetInLabelSets(e.sets, l);
}

let room = 0;
let scores: Float64Array[] = [];
let hards: Uint8Array[] = [];
let logits = new Float64Array(0);
const EMPTY = new Uint16Array(0);
/** Answer of each bias, and of each member, as labels. */
const answers: Uint16Array[] = BIASES.map(() => EMPTY);
const own: Uint16Array[] = Array.from({ length: 4 }, () => EMPTY);

function makeRoom(labels: number): void {
  if (labels <= room && scores.length > 0) return;
  room = Math.max(64, 2 * labels);
  scores = Array.from({ length: 4 }, () => new Float64Array(room));
  hards = Array.from({ length: 4 }, () => new Uint8Array(room));
  logits = new Float64Array(room);
}

/** The label set answered for z. The arrays of the last prediction stand until learnEnsemble(). */
export function predictEnsemble(
  e: Ensemble,
  log: Log,
  z: Float64Array,
  inputs: number,
  born: Float64Array,
): Uint16Array {
  const { chain, links, votes } = e;
  const labels = chain.labels;
  makeRoom(labels);
  predictChain(chain, z, scores[0]!, hards[0]!);
  predictLinks(links, z, scores[1]!, hards[1]!);
  for (const [k, v] of votes.entries()) vote(log, v, z, inputs, born, labels, scores[2 + k]!, hards[2 + k]!);
  const members = 2 + votes.length;
  // Nothing was learnt yet: the chain's one half means nothing.
  if (e.links.events === 0) {
    answers.fill(EMPTY);
    own.fill(EMPTY);
    return EMPTY;
  }
  const weights: number[] = [];
  let total = 0;
  for (let m = 0; m < members; m++) {
    weights.push(Math.exp(SHARPNESS * goodness(e.form, m)));
    total += weights[m]!;
  }
  for (let l = 0; l < labels; l++) {
    let p = 0;
    for (let m = 0; m < members; m++) p += weights[m]! * Math.min(1 - LEAST, Math.max(LEAST, scores[m]![l]!));
    p /= total;
    logits[l] = Math.log(p / (1 - p));
  }
  return decode(e, labels, members);
}

const best = new Float64Array(BIASES.length);

function decode(e: Ensemble, labels: number, members: number): Uint16Array {
  best.fill(Number.NEGATIVE_INFINITY);
  for (const set of e.sets.sets.values()) offer(set);
  for (let m = 0; m < members; m++) {
    own[m] = labelsOf(hards[m]!, labels);
    offer(own[m]!);
  }
  let chosen = 0;
  let most = -1;
  for (let b = 0; b < BIASES.length; b++) {
    const good = goodness(e.form, members + b);
    if (good > most) [most, chosen] = [good, b];
  }
  return answers[chosen]!;
}

function offer(set: Uint16Array): void {
  let sum = 0;
  for (let k = 0; k < set.length; k++) sum += logits[set[k]!]!;
  // Best scores rise with the bias, which is 1 at the most: most sets end here.
  if (sum + set.length <= best[0]!) return;
  for (let b = 0; b < BIASES.length; b++) {
    const score = sum + BIASES[b]! * set.length;
    if (score <= best[b]!) continue;
    best[b] = score;
    answers[b] = set;
  }
}

function labelsOf(hard: Uint8Array, labels: number): Uint16Array {
  let size = 0;
  for (let l = 0; l < labels; l++) size += hard[l]!;
  const set = new Uint16Array(size);
  for (let l = 0, k = 0; l < labels; l++) if (hard[l] === 1) set[k++] = l;
  return set;
}

/** The truth of the event predicted last, ascending; `present[l]` is 1 for these. Labels were known, or made known since. */
export function learnEnsemble(
  e: Ensemble,
  z: Float64Array,
  active: Uint16Array,
  size: number,
  present: Uint8Array,
  kernels: SumsKernels,
): void {
  const members = 2 + e.votes.length;
  for (let m = 0; m < members; m++) {
    const set = own[m]!;
    noteForm(e.form, m, hitsOf(set, present), set.length, size);
  }
  for (let b = 0; b < BIASES.length; b++) {
    noteForm(e.form, members + b, hitsOf(answers[b]!, present), answers[b]!.length, size);
  }
  noteLabelSet(e.sets, active, size);
  learnChain(e.chain, z, active, size);
  learnLinks(e.links, active, size, kernels);
}

function hitsOf(set: Uint16Array, present: Uint8Array): number {
  let hits = 0;
  for (let k = 0; k < set.length; k++) hits += present[set[k]!]!;
  return hits;
}

export function writeEnsemble(w: Writer, e: Ensemble): void {
  writeChain(w, e.chain);
  writeLinks(w, e.links);
  writeLabelSets(w, e.sets);
  w.array(e.form);
}

export function readEnsemble(r: Reader, kind: "ensemble" | "quality", seed: number): Ensemble {
  return {
    chain: readChain(r),
    links: readLinks(r, seed),
    votes: VOTES[kind],
    sets: readLabelSets(r),
    form: r.f64s(),
  };
}
