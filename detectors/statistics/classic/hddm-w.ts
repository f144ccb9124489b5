import { type Classic, DRIFT, QUIET, type Verdict, WARNING } from "./classic.ts";

/**
 * HDDM-W (Frías-Blanco et al. 2014), equal to river 0.26.1: exponentially weighted means before and after the best cut
 * point, by McDiarmid's bound sqrt(ibc·ln(1/c)/2), ibc = λ² + (1 − λ)²·ibc from 1. O(1) per event.
 */
export interface HddmWParameters {
  readonly driftConfidence: number;
  readonly warningConfidence: number;
  readonly lambdaVal: number;
  readonly twoSidedTest: boolean;
}

export const HDDM_W: HddmWParameters = {
  driftConfidence: 0.001,
  warningConfidence: 0.005,
  lambdaVal: 0.05,
  twoSidedTest: false,
};

// Five samples of (weighted mean, ibc, begun), then the cut points.
const ALL = 0;
const BEFORE_RISE = 3;
const AFTER_RISE = 6;
const BEFORE_FALL = 9;
const AFTER_FALL = 12;
const RISE_CUT = 15;
const FALL_CUT = 16;
const DRIFTED = 17;
const CELLS = 18;

export function hddmW(p: HddmWParameters): Classic {
  const lambda = p.lambdaVal;
  const keep = 1 - lambda;
  const squared = lambda * lambda;
  const keepSquared = keep ** 2;
  const forDrift = Math.log(1 / p.driftConfidence);
  const forWarning = Math.log(1 / p.warningConfidence);

  const clear = (c: Float64Array, at: number): void => {
    c[at] = 0;
    c[at + 1] = 1;
    c[at + 2] = 0;
  };
  const reset = (c: Float64Array): void => {
    for (const at of [ALL, BEFORE_RISE, AFTER_RISE, BEFORE_FALL, AFTER_FALL]) clear(c, at);
    c[RISE_CUT] = Number.POSITIVE_INFINITY;
    c[FALL_CUT] = Number.NEGATIVE_INFINITY;
    c[DRIFTED] = 0;
  };
  const take = (c: Float64Array, at: number, x: number): void => {
    c[at] = c[at + 2] === 1 ? lambda * x + keep * c[at]! : x;
    c[at + 1] = squared + keepSquared * c[at + 1]!;
    c[at + 2] = 1;
  };
  const above = (c: Float64Array, low: number, high: number, certainty: number): boolean =>
    c[low + 2] === 1 &&
    c[high + 2] === 1 &&
    c[high]! - c[low]! > Math.sqrt(((c[low + 1]! + c[high + 1]!) * certainty) / 2);

  return {
    binary: true,
    create() {
      const cells = new Float64Array(CELLS);
      reset(cells);
      return { cells };
    },
    update({ cells: c }, x) {
      if (c[DRIFTED] === 1) reset(c);
      take(c, ALL, x);
      const eps = Math.sqrt((c[ALL + 1]! * forDrift) / 2);
      if (c[ALL]! + eps < c[RISE_CUT]!) {
        c[RISE_CUT] = c[ALL]! + eps;
        c.copyWithin(BEFORE_RISE, ALL, ALL + 3);
        clear(c, AFTER_RISE);
      } else take(c, AFTER_RISE, x);
      let verdict: Verdict = above(c, BEFORE_RISE, AFTER_RISE, forDrift)
        ? DRIFT
        : above(c, BEFORE_RISE, AFTER_RISE, forWarning)
          ? WARNING
          : QUIET;
      if (c[ALL]! - eps > c[FALL_CUT]!) {
        c[FALL_CUT] = c[ALL]! - eps;
        c.copyWithin(BEFORE_FALL, ALL, ALL + 3);
        clear(c, AFTER_FALL);
      } else take(c, AFTER_FALL, x);
      if (p.twoSidedTest && verdict !== DRIFT) {
        if (above(c, AFTER_FALL, BEFORE_FALL, forDrift)) verdict = DRIFT;
        else if (above(c, AFTER_FALL, BEFORE_FALL, forWarning)) verdict = WARNING;
      }
      if (verdict === DRIFT) c[DRIFTED] = 1;
      return verdict;
    },
    ratio: ({ cells: c }) => (c[DRIFTED] === 1 ? 1 : 0),
    facts: ({ cells: c }) => ({ weightedMean: c[ALL]!, before: c[BEFORE_RISE]!, after: c[AFTER_RISE]! }),
  };
}
