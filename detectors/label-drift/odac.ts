import type { Reader, Writer } from "../statistics/bytes.ts";

/**
 * ODAC (Rodrigues, Gama, Pedroso 2008) on the Jaccard distance of labels, with the mean distance taken over pairs: a binary
 * tree whose leaves are clusters, each with counts of its own since it was made. Every nMin events a leaf may send its parent
 * back to one cluster (its diameter outgrew the parent's) or split at its farthest pair, when
 *   d1 − d2 > e or e < tau, and (d1 − d0)·|d1 + d0 − 2·mean| > e,  e = sqrt(ln(1/delta) / 2n).
 * On two equal blocks |d1 + d0 − 2·mean| goes to 0: it is here to compare, the gap rule is the default.
 */
export interface Odac {
  root: Node;
  events: number;
}

interface Node {
  labels: number[];
  /** Events, label counts, and pair counts (j(j − 1)/2 + i, by place in labels) since it was made. */
  n: number;
  ones: Uint32Array;
  pairs: Uint32Array;
  /** Diameter and error at the last test. */
  d1: number;
  e: number;
  children: [Node, Node] | null;
}

export interface OdacParameters {
  readonly delta: number;
  readonly nMin: number;
  readonly tau: number;
}

export function createOdac(): Odac {
  return { root: nodeOf([]), events: 0 };
}

export function leavesOf(o: Odac): readonly (readonly number[])[] {
  return active(o.root).map((leaf) => [...leaf.labels].sort((a, b) => a - b));
}

/** `present[i]` is 1 for the labels of the event, of `labels` known. True when the tree changed. */
export function growOdac(o: Odac, present: Uint8Array, labels: number, p: OdacParameters): boolean {
  const known = active(o.root).reduce((n, leaf) => n + leaf.labels.length, 0);
  if (labels > known) admit(o, known, labels);
  o.events++;
  const test = o.events % p.nMin === 0;
  let changed = false;
  for (const leaf of active(o.root)) {
    observe(leaf, present);
    if (!test) continue;
    const parent = parentOf(o.root, leaf);
    // Sent back by a sibling just now.
    if (parent === undefined) continue;
    changed = testLeaf(leaf, parent, p) || changed;
  }
  return changed;
}

function testLeaf(leaf: Node, parent: Node | null, p: OdacParameters): boolean {
  const k = leaf.labels.length;
  leaf.e = Math.sqrt(Math.log(1 / p.delta) / (2 * leaf.n));
  let [d0, d1, d2, sum, a, b] = [2, -1, -1, 0, 0, 0];
  for (let i = 0; i < k; i++) {
    for (let j = i + 1; j < k; j++) {
      const d = distance(leaf, i, j);
      sum += d;
      if (d < d0) d0 = d;
      if (d > d1) [d2, d1, a, b] = [d1, d, i, j];
      else if (d > d2) d2 = d;
    }
  }
  if (k === 1) d1 = leaf.ones[0]! / leaf.n - (leaf.ones[0]! / leaf.n) ** 2;
  leaf.d1 = d1;
  if (parent !== null && d1 - parent.d1 > Math.max(parent.e, leaf.e)) {
    parent.children = null;
    Object.assign(parent, { n: 0, ones: new Uint32Array(parent.labels.length), pairs: pairsFor(parent.labels.length) });
    return true;
  }
  if (k < 3) return false;
  const mean = (2 * sum) / (k * (k - 1));
  const apart = d1 - d2 > leaf.e || p.tau > leaf.e;
  if (!apart || (d1 - d0) * Math.abs(d1 + d0 - 2 * mean) <= leaf.e) return false;
  const near: number[] = [];
  const far: number[] = [];
  for (let i = 0; i < k; i++) {
    const toFar = i !== a && (i === b || distance(leaf, a, i) >= distance(leaf, b, i));
    (toFar ? far : near).push(leaf.labels[i]!);
  }
  leaf.children = [nodeOf(near), nodeOf(far)];
  return true;
}

function distance(leaf: Node, i: number, j: number): number {
  const both = leaf.pairs[i < j ? (j * (j - 1)) / 2 + i : (i * (i - 1)) / 2 + j]!;
  const either = leaf.ones[i]! + leaf.ones[j]! - both;
  return either > 0 ? 1 - both / either : 1;
}

function observe(leaf: Node, present: Uint8Array): void {
  const { labels, ones, pairs } = leaf;
  leaf.n++;
  for (let j = 0; j < labels.length; j++) {
    if (present[labels[j]!] !== 1) continue;
    ones[j] = ones[j]! + 1;
    const row = (j * (j - 1)) / 2;
    for (let i = 0; i < j; i++) if (present[labels[i]!] === 1) pairs[row + i] = pairs[row + i]! + 1;
  }
}

/** New labels enter the largest cluster; they were never on before, so its counts hold. */
function admit(o: Odac, known: number, labels: number): void {
  const leaf = active(o.root).reduce((a, b) => (b.labels.length > a.labels.length ? b : a));
  const grow = (node: Node): void => {
    for (let i = known; i < labels; i++) node.labels.push(i);
    const ones = new Uint32Array(node.labels.length);
    ones.set(node.ones);
    const pairs = pairsFor(node.labels.length);
    pairs.set(node.pairs);
    Object.assign(node, { ones, pairs });
  };
  for (let node: Node | null | undefined = leaf; node; node = parentOf(o.root, node)) grow(node);
}

function active(node: Node): Node[] {
  return node.children === null ? [node] : node.children.flatMap(active);
}

/** Null: it is the root. Undefined: it is not in the tree. */
function parentOf(root: Node, child: Node): Node | null | undefined {
  if (root === child) return null;
  if (root.children === null) return undefined;
  if (root.children.includes(child)) return root;
  return parentOf(root.children[0], child) ?? parentOf(root.children[1], child) ?? undefined;
}

function nodeOf(labels: number[]): Node {
  return {
    labels,
    n: 0,
    ones: new Uint32Array(labels.length),
    pairs: pairsFor(labels.length),
    d1: 0,
    e: 0,
    children: null,
  };
}

function pairsFor(labels: number): Uint32Array {
  return new Uint32Array((labels * (labels - 1)) / 2);
}

export function writeOdac(w: Writer, o: Odac): void {
  w.u32(o.events);
  const write = (node: Node): void => {
    w.array(Uint16Array.from(node.labels));
    w.u32(node.n);
    w.array(node.ones);
    w.array(node.pairs);
    w.f64(node.d1);
    w.f64(node.e);
    w.u8(node.children === null ? 0 : 1);
    node.children?.forEach(write);
  };
  write(o.root);
}

export function readOdac(r: Reader): Odac {
  const events = r.u32();
  const read = (): Node => {
    const node = { ...nodeOf([...r.u16s()]), n: r.u32(), ones: r.u32s(), pairs: r.u32s(), d1: r.f64(), e: r.f64() };
    return r.u8() === 1 ? { ...node, children: [read(), read()] } : node;
  };
  return { events, root: read() };
}
