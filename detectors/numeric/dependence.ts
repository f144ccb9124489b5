import type { Core } from "../statistics/calibrated.ts";
import { DWELLS, SEASON, TREND, WAVES } from "../statistics/hidden.ts";
import { DEPENDS } from "../statistics/order-test.ts";
import { IN_WAVES } from "../statistics/temper.ts";
import { unrest } from "../statistics/volatility.ts";
import { LONG, persistence, temper, VOLATILITY, varianceOf, type Whitener } from "../statistics/whiten.ts";
import type { CalibratedSettings } from "./calibrated-model.ts";
import type { CalibratedKey } from "./calibrated-state.ts";
import { duration, nearly, percent, place, short } from "./words.ts";

/** Whether the promise holds on such a key, why not, and what was learnt of how its events depend on each other. */
export interface Told {
  readonly kept: "kept" | "reduced" | "none";
  /** Sentences; the first is the weightiest. */
  readonly why: readonly string[];
  /** What each value hangs on, in words. */
  readonly model: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** The smallest lasting shift that is expected to be seen within 1,000 events, in the values' own unit and in their spreads. */
  readonly smallestShift: { readonly value: number; readonly spreads: number } | null;
}

const NEAR_ROOT = 0.97;
/** A weight within so many of its standard errors means nothing: 1/√n each, if values come in any order. */
const CHANCE = 2.5;

export function tell(state: CalibratedKey, core: Core, settings: CalibratedSettings, threshold: number): Told {
  const { white } = state;
  const against: [Told["kept"], string][] = [...fromReference(state, core, settings)];
  if (white) against.push(...fromModel(state, white, settings));
  const kept = against.some(([k]) => k === "none") ? "none" : against.length > 0 ? "reduced" : "kept";
  against.sort(([a], [b]) => Number(b === "none") - Number(a === "none"));
  return {
    kept,
    why: against.length > 0 ? against.map(([, why]) => why) : [held(state, core)],
    model: modelWords(state, core, settings),
    facts: white ? factsOf(white) : { effectiveSize: core.length },
    smallestShift: core.bits || core.scale.spread === 0 ? null : smallest(core, white, threshold),
  };
}

function held(state: CalibratedKey, core: Core): string {
  if (core.bits) return "errors may hang on the one before";
  if (state.white) return "what the values before and the declared seasons tell is taken out";
  return core.scale.spread === 0
    ? "all values were one"
    : "the reference looks like values that could come in any order";
}

/** What the reference shows against it. */
function* fromReference(
  state: CalibratedKey,
  core: Core,
  { dependence, seasons }: CalibratedSettings,
): Generator<[Told["kept"], string]> {
  const { hints, hiddenPeriod, white } = state;
  if (hints & SEASON) {
    const span = white?.span ?? 0;
    const took = span > 0 ? ` (${nearly((span * hiddenPeriod) / core.length)})` : "";
    const advice = core.bits
      ? "seasons of error rates cannot be taken out yet"
      : span > 0
        ? `declare it: options.season { period: ${nearly((span * hiddenPeriod) / core.length)} }`
        : "declare it with options.season (events need a time)";
    yield ["none", `a season of about ${place(Math.round(hiddenPeriod))} events${took} is not declared; ${advice}`];
  }
  if (hints & TREND)
    yield ["none", "values went one way all through the reference: a trend, or a season longer than it"];
  if (hints & DEPENDS) {
    yield ["none", "values hang on those before; choose options.dependence: auto"];
  } else if (hints & DWELLS && !(hints & TREND)) {
    const advice =
      !core.bits && dependence !== "regimes"
        ? `; choose options.dependence: ${dependence === "none" ? "auto" : "regimes"}`
        : "";
    yield ["none", `values stay on levels for longer than the model looks back${advice}`];
  }
  if (core.bits && seasons.length > 0) yield ["none", "the declared season is not taken out of zeros and ones"];
  if (core.bits && hints & WAVES) return;
  if (!white && hints & WAVES && core.scale.spread > 0)
    yield ["reduced", "the size of changes comes in waves; choose options.dependence: auto"];
}

function* fromModel(
  state: CalibratedKey,
  white: Whitener,
  { seasons }: CalibratedSettings,
): Generator<[Told["kept"], string]> {
  const a = persistence(white);
  for (const period of seasons) {
    const times = white.span / period;
    const name = duration(period);
    if (times < 1) {
      yield [
        "none",
        `the reference covers only ${percent(times)} of the declared season of ${name}: raise reference.first at least to ${place(enough(white, period))}`,
      ];
    } else if (times < 2) {
      yield [
        "reduced",
        `the reference covers the declared season of ${name} only ${short(Number(times.toFixed(1)))} times; ${place(enough(white, period))} events would do`,
      ];
    }
  }
  if (a > NEAR_ROOT) {
    yield [
      "none",
      `values wander like a sum of steps (each keeps ${percent(a)} of the one before): no promise is possible`,
    ];
  } else if (white.rows < LONG - 10 && a > (white.order > 1 ? 0.4 : 0.8) && !white.levels) {
    // More than one value before: what hides behind noise fades slower than so few values can tell.
    yield ["reduced", `strong dependence was learnt from ${place(white.rows)} values only`];
  }
  if (unrest(white.cells.floats, VOLATILITY) > IN_WAVES || state.hints & WAVES)
    yield ["reduced", "the size of changes comes in waves"];
}

/** Events that cover a season twice. */
function enough(white: Whitener, period: number): number {
  return Math.ceil((2 * period * (white.rows + 5)) / white.span / 100) * 100;
}

function modelWords(state: CalibratedKey, core: Core, { dependence }: CalibratedSettings): string {
  const { white } = state;
  if (core.bits) return "the error rate after an error and after none";
  if (core.scale.spread === 0) return "one value";
  if (!white) return dependence === "none" ? "values in any order" : "one value";
  const weight = persistence(white);
  const on = [
    ...(white.order > 1 || Math.abs(weight) > CHANCE / Math.sqrt(white.rows)
      ? [`the ${white.order === 1 ? "value" : `${white.order} values`} before (weight ${short(weight)})`]
      : []),
    ...(white.levels ? ["two slow levels"] : []),
    ...(white.harmonics > 0
      ? [
          `${white.seasons.map((p) => duration(p)).join(" and ")} in ${white.harmonics} waves${white.spread ? ", its spread too" : ""}`,
        ]
      : []),
  ];
  return on.length > 0 ? `each value hangs on ${on.join(", ")}` : "values hang on none before";
}

function factsOf(w: Whitener): Record<string, unknown> {
  const a = persistence(w);
  return {
    lags: w.order,
    persistence: a,
    ...(w.harmonics > 0 ? { seasons: w.seasons.map((p) => duration(p)), waves: w.harmonics } : {}),
    ...(w.levels ? { levels: 2 } : {}),
    learnsOn: w.online,
    unrest: unrest(w.cells.floats, VOLATILITY),
    effectiveSize: Math.round(w.rows * Math.min(1, Math.max(0, (1 - a) / (1 + a)))),
    temper: temper(w),
  };
}

/** Log of the statistic grows by d²/2V an event for residuals that moved by d of their spreads; 19 bets share the weight. */
function smallest(core: Core, white: Whitener | null, threshold: number): Told["smallestShift"] {
  const v = white ? temper(white) : 1;
  const d = Math.sqrt((2 * v * Math.log(20 * threshold)) / 1000);
  const a = white ? persistence(white) : 0;
  if (a >= 1) return null;
  const spreads = white ? (d * Math.sqrt(varianceOf(white))) / (1 - a) : d;
  return { value: spreads * core.place.spread, spreads };
}

/** What was learnt and what it is worth, for people. */
export function sentenceOf({ kept, why, model, facts, smallestShift }: Told, first: number): string {
  const size = Number(facts.effectiveSize);
  const worth = size < first * 0.9 ? `, worth ${place(size)} independent ones` : "";
  const see = smallestShift
    ? ` A lasting shift of ${short(Number(smallestShift.value.toPrecision(2)))} (${short(Number(smallestShift.spreads.toPrecision(2)))} standard deviations) should be seen within 1,000 events.`
    : "";
  const promise = kept === "kept" ? "kept" : kept === "reduced" ? "reduced" : "none";
  return `Learnt from ${place(first)} events${worth}: ${model}.${see} Promise on false alarms: ${promise}; ${why.join("; ")}.`;
}
