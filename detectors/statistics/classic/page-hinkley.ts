import { type Classic, DRIFT, QUIET } from "./classic.ts";

/**
 * Page–Hinkley (Page 1954), equal to river 0.26.1: faded sums of the deviations from the running mean, against their extremes.
 *   up_t = α·up + (x − mean_t) − δ, down_t = α·down + (x − mean_t) + δ;  drift when up − min(up) or max(down) − down > λ
 * Higher threshold (λ): later and fewer alarms. λ is in units of the data. O(1) per event.
 */
export interface PageHinkleyParameters {
  readonly minInstances: number;
  readonly delta: number;
  readonly threshold: number;
  readonly alpha: number;
  readonly mode: "up" | "down" | "both";
}

export const PAGE_HINKLEY: PageHinkleyParameters = {
  minInstances: 30,
  delta: 0.005,
  threshold: 50,
  alpha: 1 - 0.0001,
  mode: "both",
};

const N = 0;
const MEAN = 1;
const UP = 2;
const DOWN = 3;
const LEAST_UP = 4;
const MOST_DOWN = 5;
const DRIFTED = 6;

export function pageHinkley(p: PageHinkleyParameters): Classic {
  const { minInstances, delta, threshold, alpha } = p;
  const up = p.mode !== "down";
  const down = p.mode !== "up";
  const reset = (c: Float64Array): void => {
    c.fill(0);
    c[LEAST_UP] = Number.POSITIVE_INFINITY;
    c[MOST_DOWN] = -1;
  };
  const rise = (c: Float64Array): number => (up && c[N]! > 0 ? c[UP]! - c[LEAST_UP]! : 0);
  const fall = (c: Float64Array): number => (down && c[N]! > 0 ? c[MOST_DOWN]! - c[DOWN]! : 0);
  return {
    binary: false,
    create() {
      const cells = new Float64Array(7);
      reset(cells);
      return { cells };
    },
    update({ cells: c }, x) {
      if (c[DRIFTED] === 1) reset(c);
      const n = c[N]! + 1;
      c[N] = n;
      c[MEAN] = c[MEAN]! + (1 / n) * (x - c[MEAN]!);
      const dev = x - c[MEAN]!;
      const rising = alpha * c[UP]! + dev - delta;
      const falling = alpha * c[DOWN]! + dev + delta;
      c[UP] = rising;
      c[DOWN] = falling;
      if (rising < c[LEAST_UP]!) c[LEAST_UP] = rising;
      if (falling > c[MOST_DOWN]!) c[MOST_DOWN] = falling;
      if (n < minInstances) return QUIET;
      const drift = (up && rising - c[LEAST_UP]! > threshold) || (down && c[MOST_DOWN]! - falling > threshold);
      if (!drift) return QUIET;
      c[DRIFTED] = 1;
      return DRIFT;
    },
    ratio: ({ cells: c }) => Math.max(rise(c), fall(c)) / threshold,
    facts: ({ cells: c }) => ({ mean: c[MEAN]!, events: c[N]!, rise: rise(c), fall: fall(c) }),
  };
}
