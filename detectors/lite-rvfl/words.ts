import type { Context } from "./context.ts";
import type { Learner } from "./learner.ts";
import type { State } from "./state.ts";
import { isUsuallyAhead } from "./usual.ts";

/** What this key cannot see, in sentences. */
export function warningsOf(state: State, learner: Learner | null, context: Context): string[] {
  const { labels, unknown, waiting, inputs } = state;
  const words: string[] = [];
  const share = labels.learnt / Math.max(1, labels.inputs);
  if (labels.inputs > 0 && share < 0.9) {
    words.push(
      `Labels have come for ${percent(share)} of the events: a change is seen only in those that have one, after as many labels as ever; events that never get one are not watched.`,
    );
  }
  if (labels.late > 0 && labels.late >= labels.learnt / 10) {
    words.push(
      `Labels come ${Math.round(labels.delay).toLocaleString("en")} events late on average: a change is seen no sooner than its labels, and until then predictions are those of the old model.`,
    );
  }
  if (waiting.expired > 0) {
    words.push(
      `${waiting.expired.toLocaleString("en")} events lost their place before a label came (waiting: ${context.options.waiting}); labels that come after are rejected as late.`,
    );
  }
  if (unknown.events > 0) {
    const names = [...unknown.names.keys()].slice(0, 5).join(", ");
    words.push(
      `${unknown.events.toLocaleString("en")} events had inputs that are not known from the first ${context.first} (${names}): they are not learnt until the recent past is made the new normal.`,
    );
  }
  if (inputs?.names && inputs.names.length >= context.options.inputs) {
    words.push(`Only the first ${context.options.inputs} names are inputs (options.inputs).`);
  }
  if (learner?.target.guessed) {
    words.push(
      `The numbers of y are taken as classes, for there were only ${learner.target.names.length} different ones; task: regression takes them as a quantity.`,
    );
  }
  if (learner !== null && isUsuallyAhead(learner.gap.usual)) {
    words.push(
      "The fast model predicts better than the slow one although nothing changes: labels depend on the ones before beyond what the inputs tell. The gap allows for what is usual; where that dependence is strong, false alarms may come several times as often as promised.",
    );
  }
  if (learner !== null && (learner.watch.block ?? 1) > 1) {
    words.push(
      "Events depend on the ones before: the replays draw them in blocks, and the promise is measured, not proven.",
    );
  }
  return words;
}

function percent(share: number): string {
  return `${share < 0.1 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
}
