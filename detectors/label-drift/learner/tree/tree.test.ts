import { expect, test } from "vitest";
import { createReader, createWriter } from "../../../statistics/bytes.ts";
import { createRandom, uniform } from "../../../statistics/random.ts";
import { bernoulliEntropy } from "./observer.ts";
import { createTree, learnTree, type Node, predictTree, type Tree, widenTree } from "./tree.ts";
import { readTree, writeTree } from "./tree-snapshot.ts";

function step(t: Tree, x: number[], y: number[]): boolean {
  widenTree(t, x.length, 2);
  const answer = [...predictTree(t, Float64Array.from(x))];
  const present = Uint8Array.from([0, 1], (l) => (y.includes(l) ? 1 : 0));
  learnTree(t, Float64Array.from(x), Uint16Array.from(y), y.length, present);
  return answer.join() === y.join();
}

/** Label 0 and 1 by the sign of the first input, or by its opposite. */
function run(t: Tree, events: number, opposite: boolean, seed: string): number {
  const random = createRandom(seed);
  let right = 0;
  for (let i = 0; i < events; i++) {
    const x = [2 * uniform(random) - 1, uniform(random)];
    right += step(t, x, x[0]! > 0 !== opposite ? [0] : [1]) ? 1 : 0;
  }
  return right / events;
}

function bytesOf(t: Tree): Uint8Array {
  const w = createWriter();
  writeTree(w, t);
  return w.done();
}

test("the entropy of labels is that of independent bits", () => {
  expect(bernoulliEntropy(Float64Array.of(8, 0, 4, 4))).toBeCloseTo(2, 12);
  expect(bernoulliEntropy(Float64Array.of(8, 0, 8, 0))).toBe(0);
  expect(bernoulliEntropy(Float64Array.of(8, 2, 2))).toBeCloseTo(2 * 0.8112781244591328, 12);
});

test("it splits at the input that tells, near where it tells, and predicts by it", () => {
  const tree = createTree(1);
  run(tree, 800, false, "learn");
  expect(run(tree, 600, false, "test")).toBeGreaterThan(0.93);
  const root: Node = tree.root;
  if (root.kind !== "branch") throw new TypeError("it did not split");
  expect(root.input).toBe(0);
  expect(Math.abs(root.threshold)).toBeLessThan(0.3);
});

test("when what inputs tell turns round it adapts", () => {
  const tree = createTree(1);
  run(tree, 1500, false, "before");
  run(tree, 2500, true, "after");
  expect(run(tree, 600, true, "test")).toBeGreaterThan(0.8);
});

test("a saved and loaded tree goes on as if it had not been", () => {
  const tree = createTree(2);
  run(tree, 900, false, "a");
  const again = readTree(createReader(bytesOf(tree)));
  run(tree, 400, true, "b");
  run(again, 400, true, "b");
  expect(bytesOf(again)).toEqual(bytesOf(tree));
});
