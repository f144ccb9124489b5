import { persistence } from "../statistics/autoregression.ts";
import { unrest } from "../statistics/volatility.ts";
import type { Whitener } from "../statistics/whiten.ts";
import { short } from "./words.ts";

const LONG = 1500;

/** What was learnt of how events depend on each other, and what that does to the promise, in words. */
export function dependenceOf(w: Whitener, threshold: number): Record<string, unknown> {
  const a = persistence(w);
  const share = Math.max(0, (1 - a) / (1 + a));
  const volatile = unrest(w.volatility) > 0.5;
  const nearRoot = a > 0.97;
  const shortMemory = w.rows < LONG && a > 0.8;
  const promise = nearRoot ? "none" : volatile || shortMemory ? "reduced" : "kept";
  // Log of the statistic grows by d²/2V an event for residuals that moved by d; 20 bets share the weight.
  const smallest = Math.sqrt((2 * w.temper * Math.log(20 * threshold)) / 1000) * Math.sqrt(w.variance);
  return {
    kept: promise,
    why: nearRoot
      ? "values wander like a sum of steps: no promise is possible"
      : volatile
        ? "the size of changes comes in waves"
        : shortMemory
          ? "strong dependence was learnt from few events"
          : "dependence on the values before is taken out",
    dependence: `each value hangs on the ${w.theta.length - 1} before it, with weight ${short(a)}`,
    model: { lags: w.theta.length - 1, persistence: a, learnsOn: w.online, unrest: unrest(w.volatility) },
    effectiveSize: Math.round(w.rows * share),
    temper: w.temper,
    smallestShiftWithin1000Events: a < 1 ? smallest / (1 - a) : null,
  };
}
