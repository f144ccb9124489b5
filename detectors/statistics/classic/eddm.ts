import { type Classic, DRIFT, QUIET, type Verdict, WARNING } from "./classic.ts";

/**
 * EDDM (Baena-García et al. 2006), equal to river 0.26.1: distances between errors; mean + 2·sd against its greatest.
 * Drift below β of it, warning below α, after more than warmStart errors. O(1) per event.
 */
export interface EddmParameters {
  readonly warmStart: number;
  readonly alpha: number;
  readonly beta: number;
}

export const EDDM: EddmParameters = { warmStart: 30, alpha: 0.95, beta: 0.9 };

const N = 0;
const LAST = 1;
const ERRORS = 2;
const MEAN = 3;
const SQUARES = 4;
const GREATEST = 5;
const VERDICT = 6;
const LEVEL = 7;

export function eddm({ warmStart, alpha, beta }: EddmParameters): Classic {
  const reset = (c: Float64Array): void => {
    c.fill(0);
    c[GREATEST] = -1;
    c[LEVEL] = 1;
  };
  return {
    binary: true,
    create() {
      const cells = new Float64Array(8);
      reset(cells);
      return { cells };
    },
    update({ cells: c }, x) {
      if (c[VERDICT] === DRIFT) reset(c);
      const n = c[N]! + 1;
      c[N] = n;
      if (x !== 1) return c[VERDICT] as Verdict;
      const errors = c[ERRORS]! + 1;
      c[ERRORS] = errors;
      const distance = n - c[LAST]!;
      const before = c[MEAN]!;
      c[MEAN] = before + (1 / errors) * (distance - before);
      c[SQUARES] = c[SQUARES]! + (distance - before) * (distance - c[MEAN]!);
      if (n > warmStart) {
        const spread = c[MEAN]! + 2 * Math.sqrt(errors > 1 ? c[SQUARES]! / (errors - 1) : 0);
        if (spread > c[GREATEST]!) c[GREATEST] = spread;
        else if (errors > warmStart) {
          const level = spread / c[GREATEST]!;
          c[LEVEL] = level;
          c[VERDICT] = level < beta ? DRIFT : level < alpha ? WARNING : QUIET;
        }
      }
      c[LAST] = n;
      return c[VERDICT] as Verdict;
    },
    ratio: ({ cells: c }) => (c[LEVEL]! > 0 ? beta / c[LEVEL]! : 0),
    facts: ({ cells: c }) => ({ meanDistance: c[MEAN]!, level: c[LEVEL]!, errors: c[ERRORS]!, events: c[N]! }),
  };
}
