import type { Reader, Writer } from "../../../statistics/bytes.ts";
import { readLeafLearners, writeLeafLearners } from "./leaf-learners.ts";
import { readObserver, writeObserver } from "./observer.ts";
import type { Node, Tree } from "./tree.ts";

export function writeTree(w: Writer, t: Tree): void {
  w.u32(t.inputs);
  w.u32(t.labels);
  w.array(t.random);
  writeNode(w, t.root);
}

function writeNode(w: Writer, node: Node): void {
  w.u8(node.kind === "leaf" ? 0 : 1);
  w.array(node.stats);
  w.u32(node.depth);
  w.u8(node.background ? 1 : 0);
  for (const x of [node.loss, node.losses, node.sinceDrift]) w.f64(x);
  w.array(node.window.cells);
  if (node.kind === "leaf") {
    w.f64(node.weight);
    w.f64(node.triedAt);
    w.text(JSON.stringify([...node.sets].map(([set, n]) => [[...set].map((c) => c.charCodeAt(0)), n])));
    writeObserver(w, node.observer);
    writeLeafLearners(w, node.learners);
    return;
  }
  w.u32(node.input);
  w.f64(node.threshold);
  for (const child of node.children) writeNode(w, child);
  w.u8(node.other === null ? 0 : 1);
  if (node.other) writeNode(w, node.other);
}

export function readTree(r: Reader): Tree {
  return { inputs: r.u32(), labels: r.u32(), random: r.u32s(), root: readNode(r) };
}

function readNode(r: Reader): Node {
  const leaf = r.u8() === 0;
  const watched = {
    stats: r.f64s(),
    depth: r.u32(),
    background: r.u8() === 1,
    loss: r.f64(),
    losses: r.f64(),
    sinceDrift: r.f64(),
    window: { cells: r.f64s() },
  };
  if (leaf) {
    const [weight, triedAt] = [r.f64(), r.f64()];
    const sets = new Map(
      (JSON.parse(r.text()) as [number[], number][]).map(([set, n]) => [String.fromCharCode(...set), n] as const),
    );
    return {
      kind: "leaf",
      ...watched,
      weight,
      triedAt,
      sets,
      observer: readObserver(r),
      learners: readLeafLearners(r),
    };
  }
  const [input, threshold] = [r.u32(), r.f64()];
  const children: [Node, Node] = [readNode(r), readNode(r)];
  return { kind: "branch", ...watched, input, threshold, children, other: r.u8() === 1 ? readNode(r) : null };
}
