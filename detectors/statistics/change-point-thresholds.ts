/** Mean run lengths between false alarms for which thresholds are known, in values of the series (ARL0). */
export const LIMITS = [100, 200, 400] as const;
/** Values seen (t) at which they are; between them the line, after the last the last. */
export const GRID = [20, 21, 22, 23, 24, 25, 27, 30, 35, 40, 50, 65, 80, 100, 125, 150, 175, 200, 225, 244] as const;

/** h_t by [sides][ARL0][t], from 200,000 simulated series (bench/change-point.ts), within their noise of about .005. */
const H: Readonly<Record<1 | 2, readonly (readonly number[])[]>> = {
  1: [
    [
      2.813, 2.687, 2.638, 2.591, 2.572, 2.52, 2.509, 2.479, 2.454, 2.453, 2.443, 2.436, 2.44, 2.433, 2.434, 2.431,
      2.442, 2.435, 2.427, 2.431,
    ],
    [
      2.972, 2.88, 2.809, 2.776, 2.763, 2.743, 2.733, 2.71, 2.69, 2.696, 2.687, 2.687, 2.686, 2.68, 2.681, 2.685, 2.682,
      2.682, 2.682, 2.682,
    ],
    [
      3.099, 3.042, 2.979, 2.969, 2.943, 2.927, 2.919, 2.91, 2.901, 2.906, 2.907, 2.911, 2.916, 2.914, 2.92, 2.923,
      2.921, 2.916, 2.915, 2.921,
    ],
  ],
  2: [
    [
      2.972, 2.88, 2.809, 2.776, 2.763, 2.743, 2.733, 2.717, 2.701, 2.7, 2.7, 2.697, 2.697, 2.696, 2.694, 2.699, 2.699,
      2.701, 2.699, 2.711,
    ],
    [
      3.099, 3.042, 2.996, 2.969, 2.95, 2.937, 2.92, 2.909, 2.906, 2.911, 2.914, 2.916, 2.924, 2.92, 2.924, 2.927,
      2.926, 2.921, 2.922, 2.927,
    ],
    [
      3.229, 3.169, 3.137, 3.13, 3.103, 3.114, 3.103, 3.098, 3.101, 3.106, 3.118, 3.125, 3.133, 3.139, 3.147, 3.144,
      3.145, 3.139, 3.143, 3.145,
    ],
  ],
};

/**
 * Once the oldest values leave, every new one changes more than one end: with h_250 alarms would come every 45, 95 and 200
 * values one-sided. These give the run length from there on.
 */
const SLIDING: Readonly<Record<1 | 2, readonly number[]>> = { 1: [2.7, 2.89, 3.13], 2: [2.79, 3.0, 3.21] };

/** h_t; between the known run lengths along their logarithm. Shorter ones keep the shortest, longer ones the longest. */
export function changePointThreshold(t: number, arl0: number, sides: 1 | 2, slides = false): number {
  const table = H[sides];
  let i = 0;
  while (i < LIMITS.length - 2 && arl0 > LIMITS[i + 1]!) i++;
  const share = Math.log(arl0 / LIMITS[i]!) / Math.log(LIMITS[i + 1]! / LIMITS[i]!);
  const h = (i: number): number => (slides ? SLIDING[sides][i]! : at(table[i]!, t));
  return h(i) + Math.min(1, Math.max(0, share)) * (h(i + 1) - h(i));
}

function at(row: readonly number[], t: number): number {
  let i = 0;
  while (i < GRID.length - 2 && t > GRID[i + 1]!) i++;
  const share = Math.min(1, Math.max(0, (t - GRID[i]!) / (GRID[i + 1]! - GRID[i]!)));
  return row[i]! + share * (row[i + 1]! - row[i]!);
}
