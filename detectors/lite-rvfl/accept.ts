import type { Rejection } from "../../engine/rejection.ts";
import { featuresOf } from "../learners/features.ts";
import { eventsPerDay, isInDays, untimed } from "../statistics/promised.ts";
import type { Context } from "./context.ts";
import { idOf, type Label, labelOf, type RvflEvent } from "./event.ts";
import { misfit, scale } from "./inputs.ts";
import { classOf, createLearner, type Learner, learnOne, predictOne, type Target } from "./learner.ts";
import type { State } from "./state.ts";
import { collect, recalibrate } from "./update.ts";
import { take, wait } from "./waiting.ts";
import { type FirstLabel, finish, keep } from "./warm-up.ts";

/** What an accepted event does. */
export interface Turn {
  /** A labelled event was judged and learnt. */
  readonly learnt: boolean;
  /** Statistic of the gap after it. */
  readonly statistic: number;
  /** Events that the models begin with. */
  readonly begins: readonly { readonly z: Float64Array; readonly label: number }[] | null;
}

const NOTHING: Turn = Object.freeze({ learnt: false, statistic: 0, begins: null });
/** As many different integers are taken for classes. */
const MOST_GUESSED = 10;

/** Takes an event into its key's state, or says why not: then the state is as it was. */
export function accept(state: State, event: RvflEvent, time: number | null, context: Context): Turn | Rejection {
  const { x } = event;
  const y = labelOf(event);
  const id = idOf(event);
  const wrong = refuse(state, event, y, id, context) ?? timeless(state, time, context);
  if (wrong !== null) return wrong;
  const index = state.events++;
  if (isInDays(context.promised)) state.began ??= time;
  if (x === undefined) return joinLabel(state, id!, y!, index, context);
  state.labels.inputs++;
  if (state.warm !== null) {
    keep(state.warm, index, id, x, y, context.options.inputs);
    return state.warm.rows.length < context.first ? NOTHING : endWarmUp(state, time, context);
  }
  const inputs = state.inputs!;
  const z = new Float64Array(inputs.count);
  scale(inputs, x, z, state.unknown);
  if (y !== null) {
    if (id !== null) take(state.waiting, id);
    return learn(state, z, y, index, null, context);
  }
  if (id !== null) wait(state.waiting, id, { index, z, predicted: predicted(state, z) }, context.options.waiting);
  return NOTHING;
}

/** Everything that may be wrong with an event, before anything is changed. */
function refuse(
  state: State,
  { x }: RvflEvent,
  y: Label | null,
  id: string | null,
  { options }: Context,
): Rejection | null {
  const { warm, inputs, learner } = state;
  if (x !== undefined) {
    const first = warm?.rows[0];
    const names = inputs !== null ? inputs.names : first ? warm!.names : undefined;
    const count = inputs?.count ?? first?.values.length ?? 0;
    const wrong = names === undefined ? null : misfit(names, count, x);
    if (wrong !== null) return wrong;
    if (Array.isArray(x) && x.length > options.inputs) {
      return {
        reason: "wrong-dimension",
        detail: `Field x has ${x.length} elements, the most are ${options.inputs} (options.inputs).`,
      };
    }
  } else {
    const waits = warm?.rows.some((row) => row.id === id && row.y === null) || state.waiting.events.has(id!);
    if (!waits) return { reason: "late", detail: "No event waits for a label under this id, or not any more." };
  }
  if (y === null) return null;
  const classes = learner?.target.classes ?? (options.task === "auto" ? null : options.task === "classification");
  if (classes === false && typeof y !== "number") {
    return { reason: "wrong-type", detail: "Field y is a class; this key predicts a quantity." };
  }
  if (classes && learner?.target.guessed && typeof y === "number" && !Number.isInteger(y)) {
    return {
      reason: "wrong-type",
      detail: "Field y is a fraction; the first labels of this key were taken as classes.",
    };
  }
  const names = learner?.target.names;
  if (classes && names && names.length >= options.classes && !names.includes(String(y))) {
    return {
      reason: "out-of-range",
      detail: `Field y is a class beyond the first ${options.classes} (options.classes).`,
    };
  }
  return null;
}

/** A promise in days needs times, until the rate is known. */
function timeless(state: State, time: number | null, { promised, first }: Context): Rejection | null {
  if (!isInDays(promised)) return null;
  const completes = state.perDay === null && state.warm !== null && state.warm.rows.length >= first - 1;
  return untimed(time, completes, state.began);
}

function joinLabel(state: State, id: string, y: Label, index: number, context: Context): Turn {
  const row = state.warm?.rows.find((one) => one.id === id && one.y === null);
  if (row !== undefined) {
    row.y = y;
    return NOTHING;
  }
  const waiter = take(state.waiting, id)!;
  const { labels } = state;
  labels.late++;
  labels.delay += (index - waiter.index - labels.delay) / Math.min(labels.late, 500);
  const served = Number.isNaN(waiter.predicted) ? null : waiter.predicted;
  return learn(state, waiter.z, y, waiter.index, served, context);
}

function predicted({ learner }: State, z: Float64Array): number {
  if (learner === null) return Number.NaN;
  const row = new Float64Array(learner.features.length);
  featuresOf(learner.features, z, row);
  return predictOne(learner, row, 0);
}

function endWarmUp(state: State, time: number | null, context: Context): Turn {
  const { inputs, rows } = finish(state.warm!);
  state.inputs = inputs;
  state.warm = null;
  if (isInDays(context.promised)) state.perDay ??= eventsPerDay(state.events + state.past, state.began!, time!);
  state.first = [];
  for (const { row, z } of rows) {
    if (row.y !== null) {
      state.labels.learnt++;
      state.first.push({ index: row.index, z, y: row.y });
    } else if (row.id !== null) {
      wait(state.waiting, row.id, { index: row.index, z, predicted: Number.NaN }, context.options.waiting);
    }
  }
  return begin(state, context);
}

function learn(state: State, z: Float64Array, y: Label, index: number, served: number | null, context: Context): Turn {
  state.labels.learnt++;
  const { learner } = state;
  if (learner === null) {
    state.first!.push({ index, z, y });
    return begin(state, context);
  }
  const label = numberOf(learner, y, context);
  const raw = learner.target.classes ? label : (y as number);
  const { statistic, predicted: judged } = learnOne(learner, z, label, raw, index, served);
  collect(learner, z, label);
  count(context, learner, judged, raw);
  return { learnt: true, statistic, begins: null };
}

function numberOf(learner: Learner, y: Label, { options }: Context): number {
  const { target } = learner;
  if (target.classes) return classOf(learner, String(y), options.classes);
  return clamp(((y as number) - target.mean) / target.spread);
}

/** One outlier must not swallow all others. */
function clamp(y: number): number {
  return Math.max(-10, Math.min(10, y));
}

function count({ totals }: Context, { target }: Learner, judged: number, label: number): void {
  if (target.classes) {
    totals.classes++;
    totals.right += Number(judged === label);
    return;
  }
  const error = judged - label;
  totals.quantities++;
  totals.absolute += Math.abs(error);
  totals.squares += error ** 2;
}

/** Once there are labels enough, models are made and take them. */
function begin(state: State, context: Context): Turn {
  const first = state.first!;
  if (first.length < context.first) return NOTHING;
  const { options } = context;
  const features = context.featuresFor(state.inputs!.count);
  const target = targetOf(first, options.task);
  const kept = target.classes ? first : first.filter(({ y }) => typeof y === "number");
  const learner = createLearner(context.bankFor(features.length), features, target, options);
  for (const model of [learner.fast, learner.slow]) {
    for (let i = 0; i < kept.length; i++) model.worth = model.worth * model.decay + 1;
  }
  recalibrate(learner, options.alarms !== "gap");
  state.learner = learner;
  state.first = null;
  return {
    learnt: false,
    statistic: 0,
    begins: kept.map(({ z, y }) => ({
      z,
      label: target.classes ? target.names.indexOf(String(y)) : clamp(((y as number) - target.mean) / target.spread),
    })),
  };
}

function targetOf(first: readonly FirstLabel[], task: "auto" | "classification" | "regression"): Target {
  const numbers = first.flatMap(({ y }) => (typeof y === "number" ? [y] : []));
  const names = [...new Set(first.map(({ y }) => String(y)))];
  const allNumbers = numbers.length === first.length;
  const guessed = task === "auto" && allNumbers && names.length <= MOST_GUESSED && numbers.every(Number.isInteger);
  const classes = task === "classification" || (task === "auto" && (guessed || !allNumbers));
  if (classes) return { classes, guessed, names, mean: 0, spread: 1 };
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const sd = Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length);
  return { classes, guessed, names: [], mean, spread: sd > 0 ? sd : Math.max(1, Math.abs(mean)) };
}
