import { NO_SIGNALS } from "../../engine/detector.ts";
import type { Onset, SignalDraft } from "../../engine/signal.ts";
import type { Context } from "./context.ts";
import { perAlarm } from "./context.ts";
import { explainMove, round, tell } from "./explain.ts";
import { clear, statisticOf } from "./gap.ts";
import type { Learner } from "./learner.ts";
import { onsetOf } from "./onset.ts";
import type { OpenAlarm, State } from "./state.ts";
import { HOLD, recalibrate } from "./update.ts";
import { warningsOf } from "./words.ts";

/** Learnt events without an alarm that end an episode. */
const QUIET = 500;

/** Both alarms as they stand: 1 or more is one. */
export interface Ratios {
  readonly gap: number;
  readonly displacement: number;
}

/** `statistic`: of the gap, after this event. */
export function ratiosOf(learner: Learner, statistic: number, context: Context, state: State): Ratios {
  const per = perAlarm(context, state);
  const { moved, threshold } = learner.watch;
  const { alarms } = context.options;
  return {
    gap: per === null || alarms === "displacement" ? 0 : statistic / per,
    displacement: threshold === null || moved === null ? 0 : moved / threshold,
  };
}

/** What is said after a learnt event. */
export function judge(state: State, learner: Learner, context: Context, ratios: Ratios): readonly SignalDraft[] {
  const gap = ratios.gap >= 1;
  const displaced = ratios.displacement >= 1;
  if (gap || displaced) return [alarm(state, learner, context, gap, displaced)];
  const { open } = state;
  if (open !== null) return whileOpen(state, open, learner, context, ratios);
  const warnAt = loudAt(perAlarm(context, state)!);
  if (state.warned) {
    if (ratios.gap < warnAt / 2) state.warned = false;
    return NO_SIGNALS;
  }
  // Of the gap alone: displacement is on a scale of its own, a tenth of its threshold is nothing.
  if (ratios.gap < warnAt) return NO_SIGNALS;
  state.warned = true;
  const { onset, at } = onsetOf(learner.trail, learner.learnt, 0);
  const moved = explainMove(learner, state.inputs!, learner.slow.weights, at);
  return [
    {
      kind: "warning",
      onset,
      statistic: statisticOf(learner.gap),
      threshold: perAlarm(context, state),
      summary: `A change may be beginning. ${tell(moved, onset, learner.target.classes)}`,
      explanation: { alarms: [], ...moved, onset },
    },
  ];
}

/** A tenth of the threshold is loud; where the promise is short the statistic passes that by chance all the time. */
function loudAt(per: number): number {
  return Math.max(0.1, Math.min(0.5, 1000 / per));
}

function alarm(state: State, learner: Learner, context: Context, gap: boolean, displaced: boolean): SignalDraft {
  const { watch, learnt } = learner;
  const { open } = state;
  const per = perAlarm(context, state)!;
  const first = open === null;
  const found = first ? onsetOf(learner.trail, learnt, 0) : { onset: open.onset, at: open.startedAt };
  const before = first ? learner.slow.weights.slice() : open.before;
  const now: OpenAlarm = {
    index: open?.index ?? state.events - 1,
    onset: found.onset,
    gap: gap || (open?.gap ?? false),
    displacement: displaced || (open?.displacement ?? false),
    startedAt: found.at,
    last: learnt,
    explainAt: learnt + HOLD,
    before,
    score: null,
  };
  const moved = explainMove(learner, state.inputs!, before, found.at);
  const statistic = gap ? statisticOf(learner.gap) : watch.moved!;
  const threshold = gap ? per : watch.threshold!;
  state.open = { ...now, score: open?.score ?? moved.scoreBefore };
  state.warned = false;
  const both = now.gap && now.displacement;
  const draft: SignalDraft = {
    kind: "drift",
    ...(both ? { severity: "critical" as const } : {}),
    onset: found.onset,
    statistic,
    threshold,
    summary: tell(moved, found.onset, learner.target.classes),
    explanation: explanationOf(state, learner, context, moved),
  };
  if (gap) {
    clear(learner.gap, learnt + HOLD);
  }
  recalibrate(learner, context.options.alarms !== "gap");
  return draft;
}

function explanationOf(
  state: State,
  learner: Learner,
  context: Context,
  moved: ReturnType<typeof explainMove>,
): Record<string, unknown> {
  const open = state.open!;
  const warnings = warningsOf(state, learner, context);
  return {
    alarms: [...(open.gap ? ["gap"] : []), ...(open.displacement ? ["displacement"] : [])],
    task: learner.target.classes ? "classification" : "regression",
    ...moved,
    displacement: round(moved.displacement),
    onset: open.onset,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

function whileOpen(
  state: State,
  open: OpenAlarm,
  learner: Learner,
  context: Context,
  ratios: Ratios,
): readonly SignalDraft[] {
  const { learnt, target } = learner;
  if (open.explainAt > 0 && learnt >= open.explainAt) {
    open.explainAt = 0;
    const moved = explainMove(learner, state.inputs!, open.before, open.startedAt);
    return [
      {
        kind: "explained",
        onset: open.onset,
        statistic: null,
        threshold: null,
        summary: tell(moved, open.onset, target.classes),
        explanation: explanationOf(state, learner, context, moved),
        episodeOf: "drift",
      },
    ];
  }
  if (learnt - open.last < QUIET || ratios.gap >= loudAt(perAlarm(context, state)!)) return NO_SIGNALS;
  state.open = null;
  const score = round(learner.fading.score);
  const name = target.classes ? "accuracy" : "mean absolute error";
  return [
    closing(
      "recovered",
      `The model has followed the change: ${name} ${score} over the last events${open.score === null ? "" : `, ${open.score} before it`}.`,
      open.onset,
    ),
  ];
}

export function closing(kind: string, summary: string, onset: Onset | null = null): SignalDraft {
  return { kind, onset, statistic: null, threshold: null, summary, explanation: {}, episodeOf: "drift" };
}
