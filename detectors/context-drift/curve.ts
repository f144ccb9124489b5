import { KEPT, type Track } from "./track.ts";

/** Turn numbers with a mean of their own; later ones share the last. */
export const CURVE = KEPT + 1;
const SWEEPS = 4;
/** A turn's mean counts as so many more conversations at the fleet's level. */
const PRIOR = 5;

/**
 * Mean by turn within conversations: values = level of the conversation + curve of the turn, fitted in turns, so that
 * conversations that end early do not bend it. Centred: its mean over all turns is 0. `values`: one row per track.
 */
export function fitCurve(tracks: readonly Track[], values: readonly Float64Array[]): Float64Array {
  const curve = new Float64Array(CURVE);
  const sums = new Float64Array(CURVE);
  const counts = new Float64Array(CURVE);
  for (const { turns } of tracks) for (const turn of turns) count(counts, turn);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    sums.fill(0);
    for (let i = 0; i < tracks.length; i++) {
      const { turns } = tracks[i]!;
      const row = values[i]!;
      if (row.length === 0) continue;
      let mean = 0;
      for (let t = 0; t < row.length; t++) mean += row[t]! - curve[Math.min(turns[t]!, KEPT)]!;
      mean /= row.length;
      for (let t = 0; t < row.length; t++) {
        const at = Math.min(turns[t]!, KEPT);
        sums[at] = sums[at]! + row[t]! - mean;
      }
    }
    let total = 0;
    let weight = 0;
    for (let at = 0; at < CURVE; at++) {
      curve[at] = sums[at]! / (counts[at]! + PRIOR);
      total += curve[at]! * counts[at]!;
      weight += counts[at]!;
    }
    if (weight > 0) for (let at = 0; at < CURVE; at++) curve[at] = curve[at]! - total / weight;
  }
  for (let at = 0; at < CURVE; at++) if (counts[at] === 0) curve[at] = 0;
  return curve;
}

function count(counts: Float64Array, turn: number): void {
  const at = Math.min(turn, KEPT);
  counts[at] = counts[at]! + 1;
}
