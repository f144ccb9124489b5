import type { Inspection } from "../../engine/detector.ts";
import { promisedEvents, promiseFacts } from "../statistics/promised.ts";
import { FAST_DECAY } from "./co-occurrence.ts";
import { companyThreshold, driftRatios } from "./drift.ts";
import { frequencies, partitionOf, round, topPairs } from "./explain.ts";
import { marginalRatio, usualRate } from "./marginals.ts";
import type { Watching } from "./observe.ts";
import { HALVES, REPLICAS } from "./replay.ts";
import type { State } from "./state.ts";

export const GAUGES = [
  {
    name: "label_displacement",
    help: "How far the company that labels keep has moved: mean change of the Jaccard index.",
  },
  { name: "label_company", help: "Share of events with rare labels in which one comes with a companion (memory 50)." },
  {
    name: "label_drift_ratio",
    help: "The greater of displacement and lost company over its threshold; 1 is an alarm.",
  },
  {
    name: "label_marginal_ratio",
    help: "Greatest statistic of one label's frequency over its threshold; 1 is an alarm.",
  },
  { name: "label_clusters", help: "Clusters of labels." },
  { name: "label_known", help: "Labels known." },
  { name: "label_watched", help: "Labels that the displacement is over." },
  { name: "label_ignored", help: "Labels refused because there was no room; counted each time." },
  { name: "label_cardinality", help: "Labels per event (memory 100)." },
  { name: "label_imbalance", help: "The most frequent label's rate over a label's, mean over labels (memory 100)." },
  { name: "label_subset_accuracy", help: "Share of events predicted exactly, before learning from them (memory 100)." },
  { name: "label_hamming_loss", help: "Share of labels predicted wrongly, before learning from them (memory 100)." },
] as const;

/** Events after an alarm in which the key is shown as drifting. */
const SHOWN = 500;

export function statusOf(state: State): Inspection["status"] {
  const { drift } = state;
  if (drift !== null && state.events - state.past - drift.index <= SHOWN) return "drifting";
  return state.threshold === null && state.company === null && drift === null ? "learning" : "steady";
}

export function inspectState(state: State, w: Watching): Inspection {
  const { alarm, structure, threshold, marginals, company } = state;
  const promise = promisedEvents(w.promised, state.perDay);
  const { cardinality, imbalance } = frequencies(structure);
  let watched = 0;
  for (let i = 0; i < structure.labels; i++) watched += structure.mask[i]!;
  const gauges: Record<string, number> = {
    label_displacement: alarm.statistic,
    label_marginal_ratio: promise === null ? 0 : marginalRatio(marginals, promise),
    label_clusters: state.partition.clusters.length,
    label_known: state.labels.names.length,
    label_watched: watched,
    label_ignored: state.labels.ignored,
    label_cardinality: cardinality,
    label_imbalance: imbalance,
  };
  const { learner } = state;
  if (learner !== null && learner.form !== null) {
    gauges.label_subset_accuracy = learner.exact;
    gauges.label_hamming_loss = learner.hamming;
  }
  if (company !== null) gauges.label_company = company.recent;
  const ratios = promise === null ? { displacement: 0, company: 0 } : driftRatios(state, promise);
  const byCompany = promise !== null && ratios.company > ratios.displacement;
  if (threshold !== null || company !== null) {
    gauges.label_drift_ratio = Math.max(ratios.displacement, ratios.company);
  }
  const wanted = w.first + (alarm.replays ? 2 * (REPLICAS + HALVES) : 0);
  const status = statusOf(state);
  return {
    status,
    statistic: byCompany ? company!.statistic : threshold === null ? null : alarm.statistic,
    threshold: byCompany ? companyThreshold(state, promise) : threshold,
    gauges,
    ...(status === "learning" ? { learning: { seen: Math.min(alarm.since, wanted), wanted } } : {}),
    details: {
      promise: {
        ...promiseFacts(w.promised, state.perDay),
        kept: status === "learning" ? "not yet: the sample is being taken" : keptBy(state, w.first, watched),
      },
      ...partitionOf(state),
      pairs: topPairs(state, w.options.topPairs),
      labels: topLabels(state, w.options.topPairs),
    },
  };
}

function keptBy({ alarm, company }: State, first: number, watched: number): string {
  const ways = [
    ...(alarm.replays
      ? [`by replay of the first ${first} label sets, over the ${watched} labels seen 20 times in them`]
      : []),
    ...(company === null ? [] : ["by bets on how often rarer labels come with a companion they had in them"]),
  ];
  return ways.join("; ");
}

/** The most frequent labels, with their rates of late and as learnt. */
function topLabels(state: State, most: number): { label: string; rate: number; usual: number }[] {
  const { structure, marginals, labels } = state;
  return [...labels.names.keys()]
    .sort((i, j) => structure.slow[j]! - structure.slow[i]! || i - j)
    .slice(0, most)
    .map((i) => ({
      label: labels.names[i]!,
      rate: round(structure.fast[i]! * structure.fastScale * (1 - FAST_DECAY)),
      usual: round(usualRate(marginals, i)),
    }));
}
