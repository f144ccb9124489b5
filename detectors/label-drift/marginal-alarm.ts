import type { SignalDraft } from "../../engine/signal.ts";
import { FAST_DECAY } from "./co-occurrence.ts";
import { frequencies, percent, placeWords, quote, round } from "./explain.ts";
import { discoveries, eventsOfEvidence, forgetMarginal, usualRate } from "./marginals.ts";
import type { State } from "./state.ts";

/** One signal for each label that comes more or less often than it did; at most so many at a time. */
export function tellMarginals(state: State, index: number, promise: number, most: number): SignalDraft[] {
  const { marginals, structure, labels } = state;
  const found = discoveries(marginals, promise);
  if (found.length === 0) return NONE;
  const { imbalance, cardinality } = frequencies(structure);
  const drafts = found.slice(0, most).map((i, k): SignalDraft => {
    const now = structure.fast[i]! * structure.fastScale * (1 - FAST_DECAY);
    const before = usualRate(marginals, i);
    const back = eventsOfEvidence(marginals, i, now);
    const at = (events: number): number => Math.max(-state.past, index - Math.round(events));
    const needed = (promise * marginals.labels) / found.length;
    const direction = now >= before ? "more" : "less";
    return {
      kind: "marginal_drift",
      onset: { index: at(back), low: at(2 * back + 20), high: at(back / 3) },
      statistic: marginals.statistic[i]!,
      threshold: needed,
      summary: `Since about event ${placeWords(at(back))} ${quote(labels.names[i]!)} comes ${direction} often: ${percent(now)} of events, before ${percent(before)}.`,
      explanation: {
        label: labels.names[i]!,
        direction,
        rateBefore: round(before),
        rate: round(now),
        together: found.length,
        others: k === 0 ? found.slice(1, most).map((j) => labels.names[j]!) : [],
        imbalance: round(imbalance),
        cardinality: round(cardinality),
      },
    };
  });
  for (const i of found) forgetMarginal(marginals, i, 0);
  return drafts;
}

const NONE: SignalDraft[] = [];
