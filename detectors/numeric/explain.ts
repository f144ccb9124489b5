import type { Onset } from "../../engine/signal.ts";
import { DOWN, NARROWER, UP, WIDER } from "../statistics/bets.ts";
import { MORE_ODDS } from "../statistics/bits.ts";
import { type Core, weightsOf } from "../statistics/calibrated.ts";
import { shareOf } from "../statistics/evidence.ts";
import { quantile } from "../statistics/normal.ts";
import { valueAtShare } from "../statistics/normalize.ts";
import { quantilesOf } from "../statistics/recent.ts";
import { momentsOf } from "../statistics/scale.ts";
import { NORMALIZER, type Whitener } from "../statistics/whiten.ts";
import { percent, place, short } from "./words.ts";

/** How the values moved: the bets that hold most of the evidence. */
export type Direction = "up" | "down" | "wider" | "narrower" | "others" | "more" | "fewer";

export const LEVELS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99] as const;

export interface Side {
  readonly events: number;
  readonly mean: number;
  readonly sd: number;
  /** At LEVELS. */
  readonly quantiles: readonly number[];
}

/** What was normal: the reference's mean and spread, the quantiles of all that counts as normal now. */
export function sideBefore(core: Core, white: Whitener | null): Side {
  const { scale } = core;
  if (white) {
    const quantiles = LEVELS.map((level) => valueAtShare(core.floats, NORMALIZER, level, white.place));
    return { events: core.length, mean: core.mean, sd: core.sd, quantiles };
  }
  const quantiles = core.bits
    ? LEVELS.map((level) => (level < 1 - core.mean ? 0 : 1))
    : scale.spread === 0
      ? LEVELS.map(() => scale.median)
      : quantilesOf(core.counts, LEVELS, scale);
  return { events: core.length, mean: core.mean, sd: core.sd, quantiles };
}

export function sideAfter(values: Float64Array): Side {
  const sorted = values.slice().sort();
  return { events: values.length, ...momentsOf(values), quantiles: LEVELS.map((level) => quantile(sorted, level)) };
}

export function directionOf(core: Core): { direction: Direction; shares: Readonly<Record<string, number>> } {
  if (!core.bits && core.scale.spread === 0) return { direction: "others", shares: { others: 1 } };
  const weights = weightsOf(core);
  const of = (from: number, to: number): number => Number(shareOf(core.floats, weights, from, to).toFixed(3));
  if (core.bits) {
    const more = of(0, MORE_ODDS.length);
    return { direction: more >= 0.5 ? "more" : "fewer", shares: { more, fewer: Number((1 - more).toFixed(3)) } };
  }
  const shares = {
    up: of(UP, DOWN),
    down: of(DOWN, WIDER),
    wider: of(WIDER, NARROWER),
    narrower: of(NARROWER, weights.length),
  };
  const [direction] = Object.entries(shares).reduce((best, each) => (each[1] > best[1] ? each : best));
  return { direction: direction as Direction, shares };
}

export function explain(direction: Direction, shares: object, before: Side, after: Side): Record<string, unknown> {
  return {
    direction,
    shares,
    before,
    after,
    levels: LEVELS,
    shift: before.sd > 0 ? (after.mean - before.mean) / before.sd : null,
    spreadRatio: before.sd > 0 ? after.sd / before.sd : null,
  };
}

/** What a person would say. */
export function sentence(direction: Direction, onset: Onset, before: Side, after: Side): string {
  const { index, low, high } = onset;
  const since = low < high ? `about event ${place(index)} (${place(low)}–${place(high)})` : `event ${place(index)}`;
  switch (direction) {
    case "up":
    case "down":
      return `Since ${since} values are ${direction === "up" ? "higher" : "lower"}: ${level(direction, before, after)}.`;
    case "wider":
    case "narrower": {
      // What spreads may be what the values before do not tell, while the values themselves do not.
      if (direction === "wider" ? after.sd <= before.sd : after.sd >= before.sd) {
        const means = `mean ${short(after.mean)}, before ${short(before.mean)}`;
        return `Since ${since} values stray ${direction === "wider" ? "further" : "less far"} from what was to be expected: ${means}.`;
      }
      const spread = `standard deviation ${short(after.sd)}, before ${short(before.sd)}`;
      return `Since ${since} values spread ${direction === "wider" ? "wider" : "less"}: ${spread}.`;
    }
    case "more":
    case "fewer": {
      const rate = `${percent(after.mean)} of events, before ${percent(before.mean)}`;
      return `Since ${since} errors are ${direction === "more" ? "more" : "less"} frequent: ${rate}.`;
    }
    case "others":
      return `Since ${since} other values arrive than ${short(before.mean)}, which all were before: now ${short(after.mean)} on average.`;
  }
}

/** The means where they tell the direction, else the medians. */
function level(direction: "up" | "down", before: Side, after: Side): string {
  const sign = direction === "up" ? 1 : -1;
  if (sign * (after.mean - before.mean) > 0) {
    const by = before.sd > 0 ? ` (${signed((after.mean - before.mean) / before.sd)} standard deviations)` : "";
    return `mean ${short(after.mean)}, before ${short(before.mean)}${by}`;
  }
  const middle = LEVELS.indexOf(0.5);
  return `median ${short(after.quantiles[middle]!)}, before ${short(before.quantiles[middle]!)}`;
}

function signed(x: number): string {
  return `${x > 0 ? "+" : "−"}${short(Math.abs(Number(x.toPrecision(2))))}`;
}
