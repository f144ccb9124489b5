import type { Solved } from "../../engine/model-bank.ts";
import { featuresOf } from "../learners/features.ts";
import type { Copy, Task } from "./batch.ts";
import type { Context } from "./context.ts";
import { perAlarm } from "./context.ts";
import { blockLength } from "./dependence.ts";
import { LEAST } from "./displacement.ts";
import { clear } from "./gap.ts";
import { type Follower, followFast, isSlowDue, type Learner, outputsOf, plot } from "./learner.ts";
import { advance, createReplay, draw, REPLAYED, thresholdOf } from "./replay.ts";
import { block, targetsOf } from "./ring.ts";
import { add, countOf, createSample } from "./sample.ts";
import type { State } from "./state.ts";

/** Accepted events that a replay draws from. */
export const SAMPLED = 2000;
/** Solutions of a replay for each accepted event: spread out, so that no event waits long. */
const REPLAYS = 10;
/** Learnt events after an alarm of the gap until the slow model starts again from the fast one. */
export const HOLD = 300;

/** One key's work of this step. */
export interface Work {
  readonly state: State;
  readonly learner: Learner;
  /** Events that the models begin with. */
  readonly begins: readonly { readonly z: Float64Array; readonly label: number }[] | null;
  /** A labelled event was learnt. */
  readonly learnt: boolean;
}

/** Index of the accepted event in hand. */
function indexOf({ events }: State): number {
  return events - 1;
}

export function tasksOf(work: Work, round: number, { options }: Context): Task[] {
  const { learner, begins } = work;
  const { bank, fast, slow, features, ring, target, learnt, watch } = learner;
  if (begins !== null) {
    if (round > 0) return [];
    const rows = new Float64Array(begins.length * features.length);
    begins.forEach(({ z }, e) => {
      featuresOf(features, z, rows, e * features.length);
    });
    const labels = Float64Array.from(begins, ({ label }) => label);
    const targets = targetsOf(labels, outputsOf(target), target.classes);
    const update = (model: Follower) => ({ slot: model.slot, events: begins.length, rows, targets });
    return [
      {
        bank,
        update: update(fast),
        apply({ weights, condition }) {
          fast.weights = weights ?? fast.weights;
          learner.frozen = fast.weights.slice();
          learner.condition = condition;
        },
      },
      { bank, update: update(slow), apply: (solved) => take(slow, solved, learnt) },
    ];
  }
  const tasks: Task[] = [];
  if (!work.learnt) return tasks;
  const { every } = options;
  if (round === 0 && learnt % every === 0) {
    const events = (model: Follower) =>
      block(ring, features.length, outputsOf(target), target.classes, model.at, learnt);
    tasks.push({
      bank,
      update: { slot: fast.slot, ...events(fast) },
      apply({ weights, condition }) {
        followFast(learner, weights, condition);
        if (watch.moved !== null) plot(learner.chart, learnt / every, indexOf(work.state), watch.moved);
      },
    });
    if (isSlowDue(learner, every)) {
      tasks.push({
        bank,
        update: { slot: slow.slot, ...events(slow) },
        apply: (solved) => take(slow, solved, learnt),
      });
    }
  }
  const { replay, sample } = watch;
  if (replay !== null && sample !== null && round < REPLAYS && replay.done < REPLAYED) {
    const model = { outputs: outputsOf(target), classes: target.classes, every };
    tasks.push({
      bank,
      update: draw(replay, sample, work.state.random, features, model),
      apply({ weights }) {
        advance(replay, weights, features.length);
      },
    });
  }
  return tasks;
}

function take(model: Follower, { weights }: Solved, at: number): void {
  model.weights = weights ?? model.weights;
  model.at = at;
}

/** After the rounds: what has ended begins anew. Returns models to be made equal; call it once the models are up to date. */
export function settle(work: Work, context: Context): Copy[] {
  const { state, learner } = work;
  const { bank, fast, slow, gap, watch, learnt, features } = learner;
  const { options } = context;
  const copies: Copy[] = [];
  if (fast.at !== learnt) return copies;
  if (state.adapting || (gap.holdUntil > 0 && learnt >= gap.holdUntil)) {
    clear(gap, 0);
    slow.weights = fast.weights.slice();
    slow.at = learnt;
    slow.worth = fast.worth;
    copies.push({ bank, from: fast.slot, to: slow.slot });
    if (state.adapting) learner.frozen = fast.weights.slice();
    state.adapting = false;
  }
  if (watch.replay !== null && watch.replay.done >= REPLAYED) {
    const per = perAlarm(context, state);
    if (per !== null) watch.threshold = Math.max(LEAST, Math.exp(thresholdOf(watch.replay, per)));
    bank.close(watch.replay.slot);
    watch.replay = null;
    watch.sample = null;
  } else if (watch.sample !== null && watch.replay === null && countOf(watch.sample) >= SAMPLED) {
    watch.block = options.block === "auto" ? blockLength(watch.sample, learner) : options.block;
    const slot = bank.open({
      outputs: outputsOf(learner.target),
      decay: fast.decay,
      ridge: options.ridge,
    });
    watch.replay = createReplay(slot, fast.weights.slice(), features, learner.ring.length, watch.block);
    copies.push({ bank, from: fast.slot, to: slot });
  }
  return copies;
}

/** Keeps a learnt event for the next replay, while one is wanted. */
export function collect({ watch, target }: Learner, z: Float64Array, label: number): void {
  if (watch.sample !== null && watch.replay === null && countOf(watch.sample) < SAMPLED) {
    add(watch.sample, z, label, target.classes);
  }
}

/** Forgets what is usual and collects anew, silent until then. */
export function recalibrate(learner: Learner, on: boolean): void {
  const { watch, bank, features } = learner;
  if (watch.replay !== null) bank.close(watch.replay.slot);
  watch.replay = null;
  watch.threshold = null;
  watch.sample = on ? createSample(features.inputs + 1) : null;
}
