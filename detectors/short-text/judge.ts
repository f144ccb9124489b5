import type { Onset, SignalDraft } from "../../engine/signal.ts";
import type { Promised } from "../statistics/promised.ts";
import { takeBack } from "./counts.ts";
import {
  closing,
  type Episode,
  earliestOnset,
  hasRecovered,
  isAnother,
  isExplanationDue,
  KINDS,
  type Kind,
  openEpisode,
} from "./episode.ts";
import { explain, summarise } from "./explain.ts";
import { estimateOnset } from "./onset.ts";
import type { Options } from "./options.ts";
import { eventsPromised, spreadOf } from "./promise.ts";
import { forgetFrom, onsetOfScheme } from "./scheme.ts";
import type { Watch } from "./watch.ts";

export interface Watching {
  readonly options: Options;
  readonly promised: Promised;
}

/** Alarms, recoveries, explanations that are due. */
export function judge(watch: Watch, index: number, watching: Watching): SignalDraft[] {
  const { thresholds, episodes } = watch;
  const signals: SignalDraft[] = [];
  const crossed = KINDS.filter((kind) => watch[kind] >= thresholds[kind]);
  const onset = crossed.length > 0 && watch.scheme?.kind === "paper" ? onsetOf(watch, "drift").index : index;
  for (const kind of crossed) {
    const episode = episodes[kind];
    if (episode === null) signals.push(alarm(watch, kind, index, watching));
    else signals.push(...crossAgain(watch, episode, index, watching));
  }
  for (const kind of KINDS) {
    const episode = episodes[kind];
    if (episode === null) continue;
    if (isExplanationDue(episode, index)) {
      // Of an older snapshot it may be false or true.
      episode.explained = Number(episode.explained) + 1;
      signals.push(say(watch, episode, "explained", watching));
    } else if (hasRecovered(episode, index)) {
      episodes[kind] = null;
      const summary = `The ${kind} that began about event ${episode.onset.index} has not been seen since event ${episode.lastCrossing}.`;
      signals.push(closing(episode, summary, watch[kind], thresholds[kind]));
    }
  }
  if (crossed.length > 0) restart(watch, index + 1, onset);
  else warn(watch, signals, watching);
  return signals;
}

function alarm(
  watch: Watch,
  kind: Kind,
  index: number,
  watching: Watching,
  onset: Onset = onsetOf(watch, kind),
): SignalDraft {
  const episode = openEpisode(kind, index, onset, watch[kind]);
  watch.episodes[kind] = episode;
  takeBack(watch, Math.min(onset.index, earliestOnset(watch.episodes)));
  return say(watch, episode, kind, watching);
}

/**
 * Further crossings belong to the open episode. The second one, from sums that began anew, confirms it: the episode is
 * explained again. One that began well after the one before is another change, and told as such: the episode gives way.
 */
function crossAgain(watch: Watch, episode: Episode, index: number, watching: Watching): SignalDraft[] {
  const { kind } = episode;
  const onset = onsetOf(watch, kind);
  if (isAnother(episode, onset, watch.since, index)) {
    const summary = `The ${kind} that began about event ${episode.onset.index} gives way to another that began about event ${onset.index}.`;
    const over = closing(episode, summary, watch[kind], watch.thresholds[kind]);
    const signal = alarm(watch, kind, index, watching, onset);
    watch.episodes[kind] = { ...watch.episodes[kind]!, firstAlarm: episode.firstAlarm ?? episode.alarm };
    return [over, signal];
  }
  episode.lastCrossing = index;
  episode.crossings += 1;
  return episode.crossings === 2 ? [say(watch, episode, "explained", watching)] : [];
}

function onsetOf(watch: Watch, kind: Kind): Onset {
  if (watch.scheme?.kind === "paper") return onsetOfScheme(watch.scheme);
  const { layout } = watch.evidence;
  return estimateOnset(watch.history, watch.since, layout, layout[kind], spreadOf(watch.reference.facts));
}

/** Explains the episode anew and tells it. */
function say(watch: Watch, episode: Episode, kind: string, watching: Watching): SignalDraft {
  const { explanation, centres } = explain(
    watch,
    episode.kind,
    episode.onset,
    eventsPromised(watching.promised, watch.reference.facts),
    { before: episode.explanation.clusters, show: watching.options.texts.samples },
  );
  episode.explanation = explanation;
  episode.centres = centres;
  return {
    kind,
    ...(kind === episode.kind ? {} : { episodeOf: episode.kind }),
    onset: episode.onset,
    statistic: watch[episode.kind],
    threshold: watch.thresholds[episode.kind],
    summary: summarise(episode.explanation, episode.onset),
    explanation: episode.explanation,
  };
}

/** After an alarm all sums start again. */
function restart(watch: Watch, since: number, onset: number): void {
  if (watch.scheme?.kind === "paper") forgetFrom(watch.scheme, onset);
  watch.evidence.sums.fill(0);
  watch.drift = 0;
  watch.surge = 0;
  watch.since = since;
  watch.warned = false;
}

function warn(watch: Watch, signals: SignalDraft[], { options }: Watching): void {
  if (options.warnAt === null) return;
  const kind: Kind = watch.drift / watch.thresholds.drift >= watch.surge / watch.thresholds.surge ? "drift" : "surge";
  const ratio = watch[kind] / watch.thresholds[kind];
  if (watch.warned && ratio < options.warnAt / 2) watch.warned = false;
  if (watch.warned || ratio < options.warnAt || watch.episodes[kind] !== null) return;
  watch.warned = true;
  signals.push({
    kind: "warning",
    onset: null,
    statistic: watch[kind],
    threshold: watch.thresholds[kind],
    summary: `The ${kind} statistic has reached ${Math.round(ratio * 100)} % of its threshold.`,
    explanation: { kind },
  });
}
