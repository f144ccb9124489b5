import { NO_SIGNALS, type Outcome } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { type Random, uniform } from "../statistics/random.ts";
import { isOpen } from "./episode.ts";
import { explain } from "./explain.ts";
import { judge, type Watching } from "./judge.ts";
import { keep, type Observation, ratioOf } from "./observe.ts";
import { eventsPromised } from "./promise.ts";
import { addScore, addText, type ClassicScheme, type Scheme } from "./scheme.ts";
import type { Watch } from "./watch.ts";

/** Events before a classic detector's drift from which it is explained: such a detector says no onset. */
const LOOK_BACK = 200;

/** One text where another test than the default one decides. Session ids are not used. */
export function observeScheme(
  watch: Watch,
  scheme: Scheme,
  seen: Observation,
  random: Random,
  watching: Watching,
): Outcome {
  uniform(random);
  if (!seen.repeat) keep(watch, seen, seen.score > watch.reference.high);
  if (scheme.kind === "classic") return observeClassic(watch, scheme, seen, watching);
  if (!seen.repeat) {
    const promise = eventsPromised(watching.promised, watch.reference.facts);
    const verdict = addText(scheme, seen.score, seen.index, promise);
    if (verdict !== null) {
      watch.drift = verdict.statistic;
      watch.thresholds = { ...watch.thresholds, drift: verdict.threshold };
    }
  }
  const ratio = ratioOf(watch);
  if (ratio < 1 && watching.options.warnAt === null && !isOpen(watch.episodes)) return { ratio, signals: NO_SIGNALS };
  return { ratio, signals: judge(watch, seen.index, watching) };
}

/** Each of its detections is one signal; the engine closes the episode when it is quiet. */
function observeClassic(watch: Watch, scheme: ClassicScheme, seen: Observation, { options }: Watching): Outcome {
  if (seen.repeat) return { ratio: ratioOf(watch), signals: NO_SIGNALS };
  const { drift, ratio } = addScore(scheme, seen.score, options);
  watch.drift = drift ? 1 : ratio;
  if (!drift) return { ratio, signals: NO_SIGNALS };
  const from = Math.max(watch.since, seen.index - LOOK_BACK);
  const { explanation } = explain(watch, "drift", { index: from, low: from, high: seen.index }, 0, {
    show: options.texts.samples,
  });
  const top = explanation.clusters[0];
  const about = top === undefined ? "" : ` Of the last ${explanation.window.texts}, ${top.size} are about ${top.name}.`;
  const signal: SignalDraft = {
    kind: "drift",
    onset: null,
    statistic: null,
    threshold: null,
    summary: `The texts' distance to the reference has changed (${options.scheme}).${about}`,
    explanation: { ...explanation, onset: null, promise: null },
  };
  watch.since = seen.index + 1;
  watch.drift = 0;
  return { ratio, signals: [signal] };
}
