import {
  type Model,
  NO_SIGNALS,
  type Outcome,
  type Settings,
  type Stages,
  type StepItem,
} from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { type Ended, ended } from "./ended.ts";
import type { TurnEvent } from "./event.ts";
import { type Context, contextOf, learnFrom, openModel, ratioOf } from "./model.ts";
import type { Options } from "./options.ts";
import type { State } from "./state.ts";

/**
 * The two stages apart. The first keeps the open conversations of a cell that are on its partition, tests them with what the
 * fleet was last heard to have learnt, and hands over what has ended; the second learns the fleet from what all partitions
 * ended. Both have the state of a whole cell: the first's fleet has no conversations of its own, the second has none open.
 */
export const stages: Stages<TurnEvent, Options, State> = {
  handed: ended,
  check: ({ promiseDays }) =>
    promiseDays == null
      ? null
      : "a promise in days needs the turns of a whole cell, which no stage sees: promise events",
  open: (settings) => ({ first: openFirst(settings), second: openSecond(settings) }),
};

function openFirst(settings: Settings<Options>): ReturnType<typeof stages.open>["first"] {
  const closing: Ended[] = [];
  const { finish: _, begin: __, ...whole } = openModel(settings, contextOf(settings, closing));
  return {
    ...whole,
    step(batch) {
      const outcomes: Outcome[] = [];
      for (const item of batch) {
        const [outcome] = whole.step([item]) as readonly Outcome[];
        outcomes.push(closing.length === 0 ? outcome! : { ...outcome!, handOver: closing.splice(0) });
      }
      return outcomes;
    },
    command: () => NO_SIGNALS,
    adopt(state, { fleet }) {
      const { learnt, raw, fit, thresholds, effect, reference, level, equilibrium } = fleet;
      Object.assign(state.fleet, { learnt, raw, fit, thresholds, effect, reference, level, equilibrium });
    },
  };
}

function openSecond(settings: Settings<Options>): Model<Ended, State> {
  const context = contextOf(settings);
  const { begin: _, ...whole } = openModel(settings, context);
  return { ...whole, step: (batch) => batch.map((item) => stepEnded(item, context)) };
}

function stepEnded({ state, event, time }: StepItem<Ended, State>, context: Context): Outcome {
  const { measure, turns, values, marks, seen, strange, coverage } = event;
  if (state.measure !== null && measure !== state.measure) {
    const detail = `This key's conversations bring ${state.measure}, not ${measure}: the two cannot be compared.`;
    return { ratio: ratioOf(state, context), signals: NO_SIGNALS, reject: { reason: "schema", detail } };
  }
  state.measure = measure;
  if (time !== null && (state.newest === null || time > state.newest)) state.newest = time;
  state.quality.coverage = coverage;
  const signals: SignalDraft[] = [];
  const track = { turns: [...turns], values: [...values], marks: [...marks], seen, strange };
  learnFrom(state, track, context, state.index++, signals);
  return { ratio: ratioOf(state, context), signals };
}
