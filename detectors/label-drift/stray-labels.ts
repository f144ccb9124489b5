import type { CoOccurrence } from "./co-occurrence.ts";

/**
 * Labels that are nearer to another cluster than to the rest of their own, by the margin and by twice the error of the events that
 * know the label, go there: what was placed while little was known of it.
 */
export function moveStrays(
  groups: readonly (readonly number[])[],
  c: CoOccurrence,
  margin: number,
  alpha: number,
): readonly (readonly number[])[] {
  const width = groups.length;
  const { sums, of } = likeness(c, groups);
  const to = Int32Array.from(of);
  let moves = 0;
  for (const [g, labels] of groups.entries()) {
    for (const i of labels) {
      const home = labels.length > 1 ? sums[i * width + g]! / (labels.length - 1) : 0;
      let best = g;
      let most = home;
      for (const [h, others] of groups.entries()) {
        if (h === g || others.length < 2) continue;
        const mean = sums[i * width + h]! / others.length;
        if (mean > most) [best, most] = [h, mean];
      }
      const error = Math.sqrt(Math.log(1 / alpha) / (2 * Math.max(1, c.counts[i]!)));
      if (most - home <= Math.max(2 * error, margin)) continue;
      to[i] = best;
      moves++;
    }
  }
  if (moves === 0) return groups;
  const moved: number[][] = groups.map(() => []);
  for (let i = 0; i < c.labels; i++) if (to[i]! >= 0) moved[to[i]!]!.push(i);
  return moved.filter((labels) => labels.length > 0);
}

/** Sums of Jaccard indices of each label with the labels of each group, [labels, groups], and the group of each label. */
function likeness(c: CoOccurrence, groups: readonly (readonly number[])[]): { sums: Float64Array; of: Int32Array } {
  const width = groups.length;
  const of = new Int32Array(c.labels).fill(-1);
  for (const [g, labels] of groups.entries()) for (const i of labels) of[i] = g;
  const sums = new Float64Array(c.labels * width);
  for (let s = 0; s < c.slots; s++) {
    const i = c.first[s]!;
    const j = c.second[s]!;
    if (of[i]! < 0 || of[j]! < 0) continue;
    const both = c.pairCounts[s]!;
    const either = c.counts[i]! + c.counts[j]! - both;
    if (either <= 0) continue;
    const like = both / either;
    sums[i * width + of[j]!]! += like;
    sums[j * width + of[i]!]! += like;
  }
  return { sums, of };
}
