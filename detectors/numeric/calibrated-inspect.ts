import type { Inspection } from "../../engine/detector.ts";
import { type Core, recentValues, statisticNow } from "../statistics/calibrated.ts";
import { promiseFacts } from "../statistics/promised.ts";
import { valuesSince } from "../statistics/recent.ts";
import { lengthOf, numbersOf } from "../statistics/segments.ts";
import type { Whitener } from "../statistics/whiten.ts";
import type { CalibratedSettings } from "./calibrated-model.ts";
import type { CalibratedKey } from "./calibrated-state.ts";
import { dependenceOf } from "./dependence.ts";
import { LEVELS, sideAfter, sideBefore } from "./explain.ts";

export function statusOf(state: CalibratedKey): Inspection["status"] {
  if (state.core === null) return "learning";
  if (state.open !== null) return "drifting";
  return state.warned ? "warning" : "steady";
}

/** What people see of a key. */
export function inspectKey(state: CalibratedKey, settings: CalibratedSettings, threshold: number | null): Inspection {
  const { first, promised: asked } = settings;
  const { core, open } = state;
  const promised = {
    ...promiseFacts(asked, state.perDay),
    ...(state.white && threshold !== null
      ? dependenceOf(state.white, threshold)
      : {
          kept: "on values that could come in any order; where they depend on each other or have seasons it is not",
          dependence: settings.dependence === "none" ? "none: taken as absent, not looked for" : "none to look for",
        }),
  };
  if (core === null) {
    const seen = state.values ? lengthOf(state.values) : 0;
    return {
      status: "learning",
      statistic: null,
      threshold,
      gauges: {},
      learning: { seen, wanted: first },
      details: { algorithm: "calibrated", promise: promised },
    };
  }
  const before = sideBefore(core, state.white);
  const from = open ? open.onset.index : Math.max(state.since, state.events - 256);
  const to = open ? open.index : state.events - 1;
  const recent = [
    ...(to >= from ? recentOf(core, state.white, from, to) : []),
    ...(open && state.values ? numbersOf(state.values) : []),
  ];
  const after = recent.length > 0 ? sideAfter(Float64Array.from(recent)) : null;
  const gauges: Record<string, number> = {
    numeric_reference_mean: core.mean,
    numeric_reference_sd: core.sd,
    numeric_window_events: recent.length,
  };
  if (after) {
    gauges.numeric_mean = after.mean;
    gauges.numeric_sd = after.sd;
  }
  return {
    status: statusOf(state),
    statistic: statisticNow(core),
    threshold,
    gauges,
    details: {
      algorithm: "calibrated",
      promise: promised,
      reference: { events: core.length, mean: core.mean, sd: core.sd, constant: core.scale.spread === 0 },
      episode: open && {
        index: open.index,
        onset: open.onset,
        crossedAgain: open.again,
        quietEvents: state.events - 1 - open.loud,
        quietEventsNeeded: open.needed,
      },
      quantiles: { levels: LEVELS, before: before.quantiles, after: after?.quantiles ?? null },
    },
  };
}

/** The values of the events [from, to] as far back as they are remembered. */
export function recentOf(core: Core, white: Whitener | null, from: number, to: number): Float64Array {
  if (!white) return recentValues(core, from, to);
  return valuesSince({ bins: white.seen, values: core.recent.values }, from, to, white.place);
}
