import { ADWIN, adwin } from "../../../statistics/classic/adwin.ts";
import { type ClassicState, DRIFT } from "../../../statistics/classic/classic.ts";
import { createRandom, type Random } from "../../../statistics/random.ts";
import {
  createLeafLearners,
  type LeafLearners,
  learnLeaf,
  poisson,
  tame,
  tellApart,
  voteNear,
  widenLeafLearners,
} from "./leaf-learners.ts";
import {
  ALL,
  bernoulliEntropy,
  bestSplits,
  createObserver,
  LABELS,
  NONE,
  type Observer,
  observeInputs,
  widenObserver,
} from "./observer.ts";

/**
 * A multi-label Hoeffding adaptive tree (Esteban et al., arXiv 2410.20242), on the inputs as they come. A leaf splits where the
 * entropy of its labels, taken as a multivariate Bernoulli, falls by more at the best input than at the second by a Hoeffding
 * bound. It answers by its 4 nearest of 170 while it is young or its labels are nearly certain, else by bagged logistic
 * regressions. A branch whose Hamming loss rises grows another tree beside it, that answers too and takes its place when better.
 */
export interface Tree {
  root: Node;
  readonly random: Random;
  inputs: number;
  labels: number;
}

export type Node = Leaf | Branch;

interface Watched {
  /** Weight by class: [all, none, labels …]. */
  stats: Float64Array;
  depth: number;
  background: boolean;
  /** Hamming loss: weighted sum and weight. */
  loss: number;
  losses: number;
  sinceDrift: number;
  window: ClassicState;
}

export interface Leaf extends Watched {
  kind: "leaf";
  weight: number;
  triedAt: number;
  /** Label sets seen, as far as it matters whether there is more than one; range of the merit. */
  sets: Map<string, number>;
  observer: Observer;
  learners: LeafLearners;
}

export interface Branch extends Watched {
  kind: "branch";
  input: number;
  threshold: number;
  children: [Node, Node];
  other: Node | null;
}

const GRACE = 200;
const DELTA = 1.6587784772850855e-7;
const TAU = 0.05;
const DRIFT_WINDOW = 200;
const SIGNIFICANCE = 0.05;
const OLD = 750;
const NEARLY_CERTAIN = 0.3;
const MOST_SHARE = 0.99;
const LEAST_SHARE = 0.01;
const MOST_DEPTH = 8;
const detector = adwin(ADWIN);

export function createTree(seed: number): Tree {
  return { root: leafOf(0, false), random: createRandom("tree", seed), inputs: 0, labels: 0 };
}

function leafOf(depth: number, background: boolean, stats: Float64Array = new Float64Array(2)): Leaf {
  const watched = { stats, depth, background, loss: 0, losses: 0, sinceDrift: 0, window: detector.create() };
  const learners = createLeafLearners();
  return { kind: "leaf", ...watched, weight: 0, triedAt: 0, sets: new Map(), observer: createObserver(), learners };
}

export function widenTree(t: Tree, inputs: number, labels: number): void {
  t.inputs = Math.max(t.inputs, inputs);
  t.labels = Math.max(t.labels, labels);
}

/** The number now means another label; leaves forget the old one as they learn. */
export function forgetInTree(t: Tree, label: number): void {
  const forget = (node: Node): void => {
    if (LABELS + label < node.stats.length) node.stats[LABELS + label] = 0;
    if (node.kind === "leaf") {
      node.observer = createObserver();
      node.learners = createLeafLearners();
      return;
    }
    node.children.forEach(forget);
    if (node.other) forget(node.other);
  };
  forget(t.root);
}

let shares = new Float64Array(64);
let one = new Float64Array(64);

/** Labels answered for x. */
export function predictTree(t: Tree, x: Float64Array): Uint16Array {
  for (let j = 0; j < t.inputs; j++) x[j] = tame(x[j]!);
  makeRoom(t.labels);
  shares.fill(0, 0, t.labels);
  let total = 0;
  for (const leaf of leavesFor(t.root, x)) {
    if (leaf.background && leaf.stats[ALL]! <= DRIFT_WINDOW) continue;
    one.fill(0, 0, t.labels);
    if (!answer(t, leaf, x, one)) continue;
    const mean = meanLoss(leaf);
    const weight = mean > 0 ? 1 / (mean * mean) : 1;
    total += weight;
    for (let l = 0; l < t.labels; l++) shares[l] = shares[l]! + weight * one[l]!;
  }
  const found: number[] = [];
  for (let l = 0; l < t.labels; l++) if (shares[l]! > total / 2) found.push(l);
  return Uint16Array.from(found);
}

function makeRoom(labels: number): void {
  if (shares.length >= labels) return;
  shares = new Float64Array(2 * labels);
  one = new Float64Array(2 * labels);
}

/** The leaf that x comes to, and those of the trees beside its way. */
function leavesFor(root: Node, x: Float64Array): Leaf[] {
  const found: Leaf[] = [];
  let node = root;
  while (node.kind === "branch") {
    if (node.other) found.push(...leavesFor(node.other, x));
    node = node.children[sideOf(node, x)]!;
  }
  found.push(node);
  return found;
}

function leafFor(root: Node, x: Float64Array): Leaf {
  let node = root;
  while (node.kind === "branch") node = node.children[sideOf(node, x)]!;
  return node;
}

function sideOf(branch: Branch, x: Float64Array): 0 | 1 {
  return x[branch.input]! <= branch.threshold ? 0 : 1;
}

/** Adds the leaf's shares; false where it has learnt nothing. */
function answer(t: Tree, leaf: Leaf, x: Float64Array, out: Float64Array): boolean {
  if (leaf.sets.size === 0) return false;
  if (leaf.sets.size === 1) {
    const [only] = leaf.sets.keys();
    for (let k = 0; k < only!.length; k++) out[only!.charCodeAt(k)] = 1;
    return true;
  }
  widenLeafLearners(leaf.learners, t.inputs, t.labels);
  if (leaf.weight < OLD || bernoulliEntropy(leaf.stats) < NEARLY_CERTAIN) voteNear(leaf.learners, x, out);
  else tellApart(leaf.learners, x, out);
  return true;
}

/** Labels of the event active[0 … size), present[l] = 1 for them. */
export function learnTree(t: Tree, x: Float64Array, active: Uint16Array, size: number, present: Uint8Array): void {
  for (let j = 0; j < t.inputs; j++) x[j] = tame(x[j]!);
  makeRoom(t.labels);
  const event: Lesson = { x, active, size, present, weight: Math.max(1, poisson(t.random)) };
  learnNode(t, t.root, event, null, (node) => {
    t.root = node;
  });
}

interface Lesson {
  readonly x: Float64Array;
  readonly active: Uint16Array;
  readonly size: number;
  readonly present: Uint8Array;
  readonly weight: number;
}

function learnNode(t: Tree, node: Node, e: Lesson, parent: Branch | null, replace: (by: Node) => void): void {
  if (node.kind === "leaf") {
    learnAtLeaf(t, node, e, parent, replace);
    return;
  }
  tally(node, e, t.labels);
  node.sinceDrift += e.weight;
  const put = besides(t, node, e, replace);
  if (put !== node) return;
  if (node.other) {
    learnNode(t, node.other, e, null, (by) => {
      node.other = by;
    });
  }
  const side = sideOf(node, e.x);
  learnNode(t, node.children[side]!, e, node, (by) => {
    node.children[side] = by;
  });
}

/** Grows, judges and swaps the tree beside a branch; returns the node that stands here now. */
function besides(t: Tree, branch: Branch, e: Lesson, replace: (by: Node) => void): Node {
  const before = meanLoss(branch);
  if (!watch(t, branch, leafFor(branch, e.x), e)) return branch;
  const now = meanLoss(branch);
  const drifted = lastVerdict === DRIFT;
  if (!branch.other && !branch.background && now > before) branch.other = leafOf(branch.depth, true);
  const { other } = branch;
  if (other && other.stats[ALL]! > DRIFT_WINDOW && branch.sinceDrift > DRIFT_WINDOW) {
    const n = 1 / other.stats[ALL]! + 1 / branch.sinceDrift;
    const bound = Math.sqrt(2 * before * (1 - before) * Math.log(2 / SIGNIFICANCE) * n);
    const apart = meanLoss(other) - before;
    if (-apart > bound) {
      toFront(other);
      replace(other);
      learnNode(t, other, e, null, replace);
      return other;
    }
    if (apart > bound) branch.other = null;
  }
  if (drifted && now < before) forgive(branch);
  return branch;
}

let lastVerdict = 0;

/** The leaf's answer into the node's loss and window; false where there is none. */
function watch(t: Tree, node: Watched, leaf: Leaf, e: Lesson): boolean {
  one.fill(0, 0, t.labels);
  lastVerdict = 0;
  if (!answer(t, leaf, e.x, one)) return false;
  let wrong = 0;
  for (let l = 0; l < t.labels; l++) if ((one[l]! > 0.5 ? 1 : 0) !== e.present[l]) wrong++;
  node.loss += (e.weight * wrong) / t.labels;
  node.losses += e.weight;
  lastVerdict = detector.update(node.window, meanLoss(node));
  return true;
}

function meanLoss(node: Watched): number {
  return node.losses > 0 ? node.loss / node.losses : 0;
}

function forgive(node: Watched): void {
  node.loss = 0;
  node.losses = 0;
  node.sinceDrift = 0;
}

function toFront(node: Node): void {
  node.background = false;
  if (node.kind === "branch") node.children.forEach(toFront);
}

function tally(node: Watched, { active, size, weight }: Lesson, labels: number): void {
  if (node.stats.length < labels + LABELS) {
    const wider = new Float64Array(labels + LABELS);
    wider.set(node.stats);
    node.stats = wider;
  }
  node.stats[ALL] = node.stats[ALL]! + weight;
  if (size === 0) node.stats[NONE] = node.stats[NONE]! + weight;
  for (let k = 0; k < size; k++) node.stats[LABELS + active[k]!] = node.stats[LABELS + active[k]!]! + weight;
}

function learnAtLeaf(t: Tree, leaf: Leaf, e: Lesson, parent: Branch | null, replace: (by: Node) => void): void {
  const before = meanLoss(leaf);
  if (parent === null) {
    if (watch(t, leaf, leaf, e)) {
      leaf.sinceDrift += e.weight;
      if (lastVerdict === DRIFT && meanLoss(leaf) < before) forgive(leaf);
    }
  } else {
    leaf.loss = parent.loss;
    leaf.losses = parent.losses;
    leaf.sinceDrift = parent.sinceDrift;
  }
  leaf.weight += e.weight;
  tally(leaf, e, t.labels);
  widenObserver(leaf.observer, t.inputs, t.labels + LABELS);
  observeInputs(leaf.observer, e.x, e.active, e.size, e.weight);
  widenLeafLearners(leaf.learners, t.inputs, t.labels);
  learnLeaf(leaf.learners, e.x, e.active, e.size, e.present, e.weight, t.random);
  const key = String.fromCharCode(...e.active.subarray(0, e.size));
  if (leaf.sets.has(key) || leaf.sets.size < MOST_SETS) leaf.sets.set(key, (leaf.sets.get(key) ?? 0) + 1);
  if (leaf.weight - leaf.triedAt < GRACE) return;
  leaf.triedAt = leaf.weight;
  if (leaf.depth < MOST_DEPTH && leaf.sets.size > 1) trySplit(leaf, replace);
}

const MOST_SETS = 4096;

function trySplit(leaf: Leaf, replace: (by: Node) => void): void {
  const total = leaf.stats[ALL]!;
  for (let c = NONE; c < leaf.stats.length; c++) if (leaf.stats[c]! / total > MOST_SHARE) return;
  const [best, second] = bestSplits(leaf.observer, leaf.stats, LEAST_SHARE);
  if (!best) return;
  const range = Math.max(1, Math.log2(leaf.sets.size));
  const bound = Math.sqrt((range * range * Math.log(1 / DELTA)) / (2 * leaf.weight));
  if (!(best.merit > 0) || (best.merit - (second?.merit ?? 0) <= bound && bound >= TAU)) return;
  const { stats, depth, background } = leaf;
  const children: [Node, Node] = [leafOf(depth + 1, background, best.below), leafOf(depth + 1, background, best.above)];
  replace({
    kind: "branch",
    stats,
    depth,
    background,
    loss: 0,
    losses: 0,
    sinceDrift: 0,
    window: detector.create(),
    input: best.input,
    threshold: best.threshold,
    children,
    other: null,
  });
}
