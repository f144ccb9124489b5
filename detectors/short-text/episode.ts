import type { Onset, SignalDraft } from "../../engine/signal.ts";
import { type Explanation, NO_EXPLANATION } from "./explain.ts";

export type Kind = "drift" | "surge";
export const KINDS: readonly Kind[] = ["drift", "surge"];

/** An alarm until the stream has recovered or a person has decided. */
export interface Episode {
  readonly kind: Kind;
  readonly alarm: number;
  /** Alarm of the first of the episodes that gave way to one another, this one at last; absent where none did. */
  readonly firstAlarm?: number;
  readonly onset: Onset;
  /** The statistic at the alarm. */
  readonly statistic: number;
  lastCrossing: number;
  crossings: number;
  /** Times it was explained again because it had grown. */
  explained: number;
  acknowledged: boolean;
  explanation: Explanation;
  /** Of the explanation's clusters; absent in older snapshots. */
  centres?: readonly string[];
}

export type Episodes = Record<Kind, Episode | null>;

const QUIET = 500;
/** Events after the alarm at which the explanation is made again, from more of what is new; then after 4, 16, … times that. */
export const EXPLAIN_AGAIN = 200;
const LATER = 4;

export function openEpisode(kind: Kind, alarm: number, onset: Onset, statistic: number): Episode {
  return {
    kind,
    alarm,
    onset,
    statistic,
    lastCrossing: alarm,
    crossings: 1,
    explained: 0,
    acknowledged: false,
    explanation: NO_EXPLANATION,
  };
}

export function hasRecovered(episode: Episode, index: number): boolean {
  return index - episode.lastCrossing >= Math.max(QUIET, 2 * (episode.alarm - episode.onset.index));
}

/** Less quiet than this between two crossings is one change that comes and goes. */
const LEAST_LULL = 50;

/**
 * Whether what crossed at event `index` is another change: it began after a lull since the sums began anew at event `since`,
 * longer than the first change took to be found, or than the second's onset may be off where that was found sooner.
 */
export function isAnother({ alarm, onset: first }: Episode, onset: Onset, since: number, index: number): boolean {
  const lull = Math.min(alarm - first.index, 2 * (index - onset.index));
  return onset.low - since >= Math.max(LEAST_LULL, lull);
}

export function isExplanationDue(episode: Episode, index: number): boolean {
  return index - episode.alarm >= EXPLAIN_AGAIN * LATER ** Number(episode.explained);
}

export function isOpen(episodes: Episodes): boolean {
  return episodes.drift !== null || episodes.surge !== null;
}

/** First event of what the open episodes hold back from the counts. */
export function earliestOnset(episodes: Episodes): number {
  return Math.min(
    episodes.drift?.onset.index ?? Number.POSITIVE_INFINITY,
    episodes.surge?.onset.index ?? Number.POSITIVE_INFINITY,
  );
}

export function closing(episode: Episode, summary: string, statistic: number, threshold: number): SignalDraft {
  return {
    kind: "recovered",
    episodeOf: episode.kind,
    onset: episode.onset,
    statistic,
    threshold,
    summary,
    explanation: { kind: episode.kind, alarm: episode.alarm, crossings: episode.crossings },
  };
}

/**
 * Whether the stream has been other than normal for so many events since an alarm. Changes that follow one another without
 * a recovery between them do not start the time anew: a stream that goes on changing would never have a new normal. The
 * last of them has stood for as long as a recovery takes at least.
 */
export function hasLasted(episodes: Episodes, index: number, events: number): boolean {
  let lasted = false;
  for (const kind of KINDS) {
    const episode = episodes[kind];
    if (episode === null) continue;
    const { alarm, firstAlarm = alarm } = episode;
    if (firstAlarm < alarm && index - alarm < QUIET) return false;
    lasted ||= index - firstAlarm >= events;
  }
  return lasted;
}
