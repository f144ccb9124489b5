import { type Classic, DRIFT, QUIET, WARNING } from "./classic.ts";

/**
 * DDM (Gama et al. 2004), equal to river 0.26.1: the error rate p with s = sqrt(p(1 − p)/n) against the least p + s seen.
 * Drift when p + s > p_min + 3·s_min, warning from 2·s_min. Sees rises of an error rate only. O(1) per event.
 */
export interface DdmParameters {
  readonly warmStart: number;
  readonly warningThreshold: number;
  readonly driftThreshold: number;
}

export const DDM: DdmParameters = { warmStart: 30, warningThreshold: 2, driftThreshold: 3 };

const N = 0;
const P = 1;
const P_MIN = 2;
const S_MIN = 3;
const LEAST = 4;
const DRIFTED = 5;

export function ddm({ warmStart, warningThreshold, driftThreshold }: DdmParameters): Classic {
  const reset = (c: Float64Array): void => {
    c.fill(0);
    c[LEAST] = Number.POSITIVE_INFINITY;
  };
  return {
    binary: true,
    create() {
      const cells = new Float64Array(6);
      reset(cells);
      return { cells };
    },
    update({ cells: c }, x) {
      if (c[DRIFTED] === 1) reset(c);
      const n = c[N]! + 1;
      c[N] = n;
      c[P] = c[P]! + (1 / n) * (x - c[P]!);
      if (!(n > warmStart)) return QUIET;
      const p = c[P]!;
      const s = Math.sqrt((p * (1 - p)) / n);
      if (p + s <= c[LEAST]!) {
        c[P_MIN] = p;
        c[S_MIN] = s;
        c[LEAST] = p + s;
      }
      if (p + s > c[P_MIN]! + driftThreshold * c[S_MIN]!) {
        c[DRIFTED] = 1;
        return DRIFT;
      }
      return p + s > c[P_MIN]! + warningThreshold * c[S_MIN]! ? WARNING : QUIET;
    },
    ratio({ cells: c }) {
      const s = Math.sqrt(Math.max(0, c[P]! * (1 - c[P]!)) / c[N]!);
      const room = driftThreshold * c[S_MIN]!;
      return c[N]! > warmStart && room > 0 ? Math.max(0, c[P]! + s - c[P_MIN]!) / room : 0;
    },
    facts: ({ cells: c }) => ({ rate: c[P]!, leastRate: c[P_MIN]!, events: c[N]! }),
  };
}
