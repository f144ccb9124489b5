import { type Classic, DRIFT, QUIET, type Verdict, WARNING } from "./classic.ts";

/**
 * HDDM-A (Frías-Blanco et al. 2014), equal to river 0.26.1: the mean of all against the mean up to the best cut point, by
 * Hoeffding's bound. The cut point's bound always uses the drift confidence. O(1) per event.
 */
export interface HddmAParameters {
  readonly driftConfidence: number;
  readonly warningConfidence: number;
  readonly twoSidedTest: boolean;
}

export const HDDM_A: HddmAParameters = { driftConfidence: 0.001, warningConfidence: 0.005, twoSidedTest: false };

const N = 0;
const MEAN = 1;
const LOW_N = 2;
const LOW = 3;
const HIGH_N = 4;
const HIGH = 5;
const DRIFTED = 6;

export function hddmA({ driftConfidence, warningConfidence, twoSidedTest }: HddmAParameters): Classic {
  const cut = Math.log(1 / driftConfidence);
  const forDrift = Math.log(2 / driftConfidence);
  const forWarning = Math.log(2 / warningConfidence);
  const bound = (n: number): number => Math.sqrt((1 / (2 * n)) * cut);
  /** Whether a difference of means over a cut at k of n is beyond chance. */
  const beyond = (difference: number, k: number, n: number, certainty: number): boolean => {
    if (k === n) return false;
    const m = ((n - k) / k) * (1 / n);
    return difference >= Math.sqrt((m / 2) * certainty);
  };
  return {
    binary: true,
    create: () => ({ cells: new Float64Array(7) }),
    update({ cells: c }, x) {
      if (c[DRIFTED] === 1) c.fill(0);
      const n = c[N]! + 1;
      const mean = c[MEAN]! + (1 / n) * (x - c[MEAN]!);
      c[N] = n;
      c[MEAN] = mean;
      if (n === 1) {
        c[LOW_N] = c[HIGH_N] = 1;
        c[LOW] = c[HIGH] = mean;
      }
      const eps = bound(n);
      if (c[LOW]! + bound(c[LOW_N]!) >= mean + eps) {
        c[LOW_N] = n;
        c[LOW] = mean;
      }
      if (c[HIGH]! - bound(c[HIGH_N]!) <= mean - eps) {
        c[HIGH_N] = n;
        c[HIGH] = mean;
      }
      const rise = mean - c[LOW]!;
      let verdict: Verdict = beyond(rise, c[LOW_N]!, n, forDrift)
        ? DRIFT
        : beyond(rise, c[LOW_N]!, n, forWarning)
          ? WARNING
          : QUIET;
      if (twoSidedTest && verdict !== DRIFT) {
        const fall = c[HIGH]! - mean;
        if (beyond(fall, c[HIGH_N]!, n, forDrift)) verdict = DRIFT;
        else if (beyond(fall, c[HIGH_N]!, n, forWarning)) verdict = WARNING;
      }
      if (verdict === DRIFT) c[DRIFTED] = 1;
      return verdict;
    },
    ratio: ({ cells: c }) => (c[DRIFTED] === 1 ? 1 : 0),
    facts: ({ cells: c }) => ({ mean: c[MEAN]!, lowMean: c[LOW]!, highMean: c[HIGH]!, events: c[N]! }),
  };
}
