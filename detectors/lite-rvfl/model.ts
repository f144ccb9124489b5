import {
  type Command,
  type Environment,
  type Model,
  NO_SIGNALS,
  type Outcome,
  type Settings,
  type StepItem,
} from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { createRandom } from "../statistics/random.ts";
import { accept, type Turn } from "./accept.ts";
import { closing, judge, ratiosOf } from "./alarm.ts";
import { chain, copyModels, rounds } from "./batch.ts";
import { type Context, createContext, type Nodes } from "./context.ts";
import type { RvflEvent } from "./event.ts";
import { clear, statisticOf } from "./gap.ts";
import { inspectState, statusOf } from "./inspect.ts";
import type { Options } from "./options.ts";
import { loadStates, saveStates } from "./snapshot.ts";
import { createState, type State } from "./state.ts";
import { recalibrate, settle, tasksOf, type Work } from "./update.ts";
import { createWarmUp } from "./warm-up.ts";

export function openModel(settings: Settings<Options>, env: Environment, nodes?: Nodes): Model<RvflEvent, State> {
  const context = createContext(settings, env, nodes);
  return {
    recovers: true,
    init: (key, past = 0) => createState(settings.seed, key, past),
    begin(state, key) {
      state.random.set(createRandom(settings.seed, key));
    },
    step: (batch) => stepAll(batch, context),
    command: (state, command) => obey(state, command, context),
    status: statusOf,
    inspect: (state) => inspectState(state, context),
    save: (states) => saveStates(states),
    load: (snapshots) => loadStates(snapshots, context),
    prequential: () => prequential(context),
    release(states) {
      for (const { learner } of states) if (learner !== null) release(learner);
    },
    close: () => context.close(),
  };
}

function stepAll(batch: readonly StepItem<RvflEvent, State>[], context: Context): Outcome[] | Promise<Outcome[]> {
  const turns = batch.map(({ state, event, time }) => accept(state, event, time, context));
  const work = turns.flatMap((turn, i): Work[] => {
    if ("reason" in turn || !(turn.learnt || turn.begins !== null)) return [];
    const { state } = batch[i]!;
    return [{ state, learner: state.learner!, begins: turn.begins, learnt: turn.learnt }];
  });
  const say = () => turns.map((turn, i) => outcomeOf(batch[i]!.state, turn, context));
  if (work.length === 0) return say();
  let round = 0;
  const done = rounds(() => {
    const at = round++;
    return work.flatMap((one) => tasksOf(one, at, context));
  });
  const settled = chain(done as undefined, () => {
    const outcomes = say();
    const copies = work.flatMap((one) => settle(one, context));
    return chain(copyModels(copies) as undefined, () => outcomes);
  });
  return settled;
}

function outcomeOf(state: State, turn: Turn | Rejection, context: Context): Outcome {
  const { learner } = state;
  if ("reason" in turn) return { ratio: ratioNow(state, context), signals: NO_SIGNALS, reject: turn };
  if (learner === null || !turn.learnt) return { ratio: ratioNow(state, context), signals: NO_SIGNALS };
  const ratios = ratiosOf(learner, turn.statistic, context, state);
  return { ratio: Math.max(ratios.gap, ratios.displacement), signals: judge(state, learner, context, ratios) };
}

function ratioNow(state: State, context: Context): number {
  const { learner } = state;
  if (learner === null) return 0;
  const { gap, displacement } = ratiosOf(learner, statisticOf(learner.gap), context, state);
  return Math.max(gap, displacement);
}

function obey(state: State, { kind }: Command, context: Context): readonly SignalDraft[] {
  const { learner, open } = state;
  if (learner === null || kind === "acknowledge") return NO_SIGNALS;
  if (kind === "false-alarm") {
    if (open === null) return NO_SIGNALS;
    clear(learner.gap, 0);
    state.open = null;
    return NO_SIGNALS;
  }
  state.open = null;
  if (state.unknown.events > 0) {
    // New names are inputs only of new models.
    release(learner);
    state.learner = null;
    state.inputs = null;
    state.first = null;
    state.warm = createWarmUp();
    state.waiting.expired += state.waiting.events.size;
    state.waiting.events.clear();
    state.unknown.names.clear();
    state.unknown.events = 0;
    return [closing("adapted", `Inputs and models are learnt anew from the next ${context.first} events.`)];
  }
  state.adapting = true;
  recalibrate(learner, context.options.alarms !== "gap");
  return NO_SIGNALS;
}

function release({ bank, fast, slow, watch }: NonNullable<State["learner"]>): void {
  bank.close(fast.slot);
  bank.close(slow.slot);
  if (watch.replay !== null) bank.close(watch.replay.slot);
}

function prequential({ totals }: Context): Record<string, number> | null {
  const { classes, right, quantities, absolute, squares } = totals;
  if (classes + quantities === 0) return null;
  return {
    ...(classes > 0 ? { accuracy: right / classes } : {}),
    ...(quantities > 0 ? { mae: absolute / quantities, mse: squares / quantities } : {}),
  };
}
