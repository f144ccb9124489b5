import type { Onset, SignalDraft } from "../../engine/signal.ts";
import { companyLostSince, usualCompany } from "./company.ts";
import { driftSummary, partitionOf, percent, placeWords, round, topPairs } from "./explain.ts";
import { eventsSinceUsual } from "./global-alarm.ts";
import type { LabelOptions } from "./options.ts";
import type { State } from "./state.ts";

/** How many statistics share the promise of `drift`: the displacement of labels known well, the company of rare ones. */
export function statisticsOf({ alarm, company }: State): 1 | 2 {
  return alarm.replays && company !== null ? 2 : 1;
}

/** Each over its threshold; 1 is an alarm. */
export function driftRatios(state: State, promise: number): { displacement: number; company: number } {
  const { alarm, threshold, company } = state;
  return {
    displacement: threshold === null ? 0 : alarm.statistic / threshold,
    company: company === null ? 0 : company.statistic / companyThreshold(state, promise),
  };
}

export function companyThreshold(state: State, promise: number): number {
  return CAUTION * promise * statisticsOf(state);
}

/** The sample knows the usual share with an error of its own. */
const CAUTION = 2;

/** The alarm, by the statistic that is farther above its threshold. */
export function tellDrift(
  state: State,
  index: number,
  promise: number,
  options: LabelOptions,
  signals: SignalDraft[],
): void {
  const { displacement, company } = driftRatios(state, promise);
  const by = displacement >= company ? "displacement" : "company";
  const onset = by === "displacement" ? ofDisplacement(state, index) : ofCompany(state, index);
  const pairs = topPairs(state, options.topPairs, by === "company");
  const { partition: before, rest } = partitionOf(state);
  const rare = by === "company" ? { rare: shares(state) } : {};
  const words = driftSummary(`about event ${placeWords(onset.index)}`, pairs);
  signals.push({
    kind: "drift",
    onset,
    statistic: by === "displacement" ? state.alarm.statistic : state.company!.statistic,
    threshold: by === "displacement" ? state.threshold : companyThreshold(state, promise),
    summary: rare.rare
      ? `${words} Rare labels come with a companion in ${percent(rare.rare.share)} of events, before ${percent(rare.rare.before)}.`
      : words,
    explanation: { by, pairs, ...rare, partitionBefore: before, rest },
  });
  state.drift = { index, before, pairs, explained: false };
}

function shares({ company }: State): { share: number; before: number } {
  return { share: round(company!.recent), before: round(usualCompany(company!)) };
}

function ofDisplacement(state: State, index: number): Onset {
  const back = eventsSinceUsual(state.alarm, state.threshold!);
  const at = (events: number): number => Math.max(-state.past, index - events);
  return { index: at(back), low: at(back + 40), high: at(Math.max(0, Math.round(back / 2) - 10)) };
}

function ofCompany(state: State, index: number): Onset {
  const ago = companyLostSince(state.company!);
  const at = (events: number): number => Math.max(-state.past, index - events);
  return { index: at(ago.index), low: at(ago.low), high: at(ago.high) };
}
