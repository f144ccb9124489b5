import type { SignalDraft } from "../../engine/signal.ts";
import { percent, placeWords, quote, round } from "./explain.ts";
import type { LocalDrift } from "./learner/cluster-learners.ts";
import type { State } from "./state.ts";

/** The learner of one cluster of labels predicts worse than it did, and starts anew. */
export function clusterDrift(state: State, drift: LocalDrift, index: number): SignalDraft {
  const names = [...drift.labels].map((l) => state.labels.names[l]!);
  const { loss, lossBefore, width } = drift;
  const from = Math.max(0, index - width + 1);
  const shown = names.slice(0, 4).map(quote).join(", ");
  return {
    kind: "cluster_drift",
    onset: { index: from, low: Math.max(0, from - width), high: index },
    statistic: null,
    threshold: null,
    summary: `Since about event ${placeWords(from)} ${shown}${names.length > 4 ? ` and ${names.length - 4} more` : ""} are predicted worse: ${percent(loss)} of their answers are wrong, before ${percent(lossBefore)}; their learner starts anew.`,
    explanation: { labels: names.slice(0, 256), loss: round(loss), lossBefore: round(lossBefore), events: width },
  };
}
