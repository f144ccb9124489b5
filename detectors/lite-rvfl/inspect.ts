import type { GaugeSpec, Inspection } from "../../engine/detector.ts";
import { promiseFacts } from "../statistics/promised.ts";
import { ratiosOf } from "./alarm.ts";
import { type Context, perAlarm } from "./context.ts";
import { round } from "./explain.ts";
import { statisticOf } from "./gap.ts";
import type { Learner } from "./learner.ts";
import { countOf } from "./sample.ts";
import type { State } from "./state.ts";
import { SAMPLED } from "./update.ts";
import { warningsOf } from "./words.ts";

export const GAUGES: readonly GaugeSpec[] = [
  { name: "rvfl_accuracy", help: "Share of classes predicted right before they were learnt, over about 500 labels." },
  { name: "rvfl_error", help: "Mean absolute error of quantities before they were learnt, over about 500 labels." },
  { name: "rvfl_loss", help: "The same as a mean squared loss (over the classes, or of the standardised quantity)." },
  { name: "rvfl_displacement", help: "How far the model moved over 100 labels: mean squared change of predictions." },
  { name: "rvfl_displacement_threshold", help: "Displacement that alarms; absent while it is learnt." },
  { name: "rvfl_gap", help: "Evidence that the slow model predicts worse than the fast one." },
  { name: "rvfl_staleness", help: "Loss that a model frozen after the warm-up would have more." },
  { name: "rvfl_condition", help: "Estimate of the condition number of the fast model's equations." },
  { name: "rvfl_labelled", help: "Share of the events that got a label." },
];

export function statusOf({ learner, open, warned }: State): Inspection["status"] {
  if (learner === null) return "learning";
  if (open !== null) return "drifting";
  return warned ? "warning" : "steady";
}

export function inspectState(state: State, context: Context): Inspection {
  const { learner, labels } = state;
  const share = labels.learnt / Math.max(1, labels.inputs);
  const promise = {
    ...promiseFacts(context.promised, state.perDay),
    kept: "between false alarms of both alarms together, on streams that do not change",
  };
  const common = { promise, labels: { share: round(share), waiting: state.waiting.events.size, late: labels.late } };
  if (learner === null) {
    const seen = state.warm?.rows.length ?? state.first?.length ?? 0;
    const warnings = warningsOf(state, null, context);
    return {
      status: "learning",
      statistic: null,
      threshold: null,
      gauges: {},
      learning: { seen, wanted: context.first },
      details: { ...common, ...(state.warm === null ? { learning: "labels" } : {}), warnings },
    };
  }
  const per = perAlarm(context, state);
  const statistic = statisticOf(learner.gap);
  const { gap, displacement } = ratiosOf(learner, statistic, context, state);
  const { watch } = learner;
  const nearer = displacement > gap && watch.moved !== null;
  return {
    status: statusOf(state),
    statistic: nearer ? watch.moved : statistic,
    threshold: nearer ? watch.threshold : per,
    gauges: gaugesOf(learner, statistic, share),
    details: {
      ...common,
      warnings: warningsOf(state, learner, context),
      model: {
        task: learner.target.classes ? "classification" : "regression",
        classes: learner.target.names,
        inputs: state.inputs!.names ?? state.inputs!.count,
        features: learner.features.length,
        learnt: learner.learnt,
      },
      displacement: {
        now: watch.moved === null ? null : round(watch.moved),
        threshold: watch.threshold === null ? null : round(watch.threshold),
        learning: watch.sample === null ? null : { seen: countOf(watch.sample), wanted: SAMPLED },
        points: learner.chart.points.map(({ index, value }) => [index, round(value)]),
      },
    },
  };
}

function gaugesOf({ target, fading, watch, condition }: Learner, statistic: number, share: number) {
  const gauges: Record<string, number> = { rvfl_gap: statistic, rvfl_condition: condition, rvfl_labelled: share };
  if (fading.weight > 0) {
    gauges[target.classes ? "rvfl_accuracy" : "rvfl_error"] = fading.score;
    gauges.rvfl_loss = fading.fast;
    gauges.rvfl_staleness = fading.frozen - fading.fast;
  }
  if (watch.moved !== null) gauges.rvfl_displacement = watch.moved;
  if (watch.threshold !== null) gauges.rvfl_displacement_threshold = watch.threshold;
  return gauges;
}
