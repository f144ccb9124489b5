import type { Inspection } from "../../engine/detector.ts";
import { type Core, recentValues, statisticNow } from "../statistics/calibrated.ts";
import { promiseFacts } from "../statistics/promised.ts";
import { lengthOf, numbersOf } from "../statistics/segments.ts";
import { valueSeen, type Whitener } from "../statistics/whiten.ts";
import type { CalibratedSettings } from "./calibrated-model.ts";
import type { CalibratedKey } from "./calibrated-state.ts";
import { type Told, tell } from "./dependence.ts";
import { LEVELS, sideAfter, sideBefore } from "./explain.ts";

/** Number `at` of each `of` that were collected: the values, or with 1 their times. */
export function valuesIn(collected: Float64Array, of: number, at = 0): Float64Array {
  return of === 1 ? collected : Float64Array.from({ length: collected.length / of }, (_, i) => collected[of * i + at]!);
}

export function statusOf(state: CalibratedKey): Inspection["status"] {
  if (state.core === null) return "learning";
  if (state.open !== null) return "drifting";
  return state.warned ? "warning" : "steady";
}

/** What people see of a key. */
export function inspectKey(state: CalibratedKey, settings: CalibratedSettings, threshold: number | null): Inspection {
  const { first, promised: asked } = settings;
  const { core, open } = state;
  const promise = promiseFacts(asked, state.perDay);
  if (core === null || threshold === null) {
    const seen = state.values ? lengthOf(state.values) / stride(settings) : 0;
    return {
      status: "learning",
      statistic: null,
      threshold,
      gauges: {},
      learning: { seen, wanted: first },
      details: { algorithm: "calibrated", promise },
    };
  }
  const told = tell(state, core, settings, threshold);
  const before = sideBefore(core, state.white);
  const from = open ? open.onset.index : Math.max(state.since, state.events - 256);
  const to = open ? open.index : state.events - 1;
  const recent = [
    ...(to >= from ? recentOf(core, state.white, from, to) : []),
    ...(open && state.values ? valuesIn(numbersOf(state.values), stride(settings)) : []),
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
      promise: { ...promise, kept: told.kept, why: told.why.join("; ") },
      ...(told.kept === "kept" ? {} : { warnings: [warningOf(told)] }),
      model: { words: told.model, ...told.facts },
      smallestShiftWithin1000Events: told.smallestShift,
      reference: {
        events: state.white ? first : core.length,
        mean: core.mean,
        sd: core.sd,
        constant: core.scale.spread === 0,
      },
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
  return recentValues(core, from, to, white ? (index) => valueSeen(white, index) : undefined);
}

/** What a person must know of the promise. */
export function warningOf({ kept, why }: Told): string {
  return kept === "reduced"
    ? `False alarms may come more often than promised: ${why.join("; ")}.`
    : `No promise on false alarms can be kept here: ${why.join("; ")}.`;
}

/** Numbers that are collected for each value. */
export function stride({ seasons }: CalibratedSettings): number {
  return seasons.length > 0 ? 2 : 1;
}
