import type { CoOccurrence } from "./co-occurrence.ts";

/**
 * Takes a large group apart by its strong links: pairs whose Jaccard index is above the group's mean by the margin, or by
 * twice the error of the events that know the pair. Labels without such a link stay together. Null: there is nothing to take apart.
 */
export function components(
  c: CoOccurrence,
  group: readonly number[],
  margin: number,
  alpha: number,
): (readonly number[])[] | null {
  const inside = new Uint8Array(c.labels);
  for (const i of group) inside[i] = 1;
  let sum = 0;
  for (let s = 0; s < c.slots; s++) sum += inside[c.first[s]!]! & inside[c.second[s]!]! ? jaccard(c, s) : 0;
  const mean = (2 * sum) / (group.length * (group.length - 1));
  const parent = Int32Array.from({ length: c.labels }, (_, i) => i);
  const linked = new Uint8Array(c.labels);
  for (let s = 0; s < c.slots; s++) {
    const [i, j] = [c.first[s]!, c.second[s]!];
    if (!(inside[i]! & inside[j]!)) continue;
    const union = Math.max(1, c.counts[i]! + c.counts[j]! - c.pairCounts[s]!);
    const error = Math.sqrt(Math.log(1 / alpha) / (2 * union));
    if (jaccard(c, s) <= mean + Math.max(2 * error, margin)) continue;
    linked[i] = linked[j] = 1;
    const [a, b] = [rootOf(parent, i), rootOf(parent, j)];
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  const parts = new Map<number, number[]>();
  for (const i of group) {
    const root = linked[i] ? rootOf(parent, i) : -1;
    const part = parts.get(root);
    if (part) part.push(i);
    else parts.set(root, [i]);
  }
  return parts.size < 2 ? null : [...parts.values()];
}

function jaccard(c: CoOccurrence, s: number): number {
  const both = c.pairCounts[s]!;
  const either = c.counts[c.first[s]!]! + c.counts[c.second[s]!]! - both;
  return either > 0 ? both / either : 0;
}

function rootOf(parent: Int32Array, i: number): number {
  let at = i;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!;
    at = parent[at]!;
  }
  return at;
}
