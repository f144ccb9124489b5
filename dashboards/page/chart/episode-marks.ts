import type { EpisodeDto } from "../../../adapters/http/types.ts";
import type { Mark } from "./model.ts";

/** How an episode ended, before its time. */
export const ENDED = {
  recovered: "over since",
  quiet: "quiet since",
  adapted: "taken as the new normal",
  "false-alarm": "marked a false alarm",
  forgotten: "forgotten with what was learnt",
} as const;

export function parse(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

export function markOf(episode: EpisodeDto, chosen: EpisodeDto | null): Mark {
  const { id, opened, closed, onset } = episode;
  return {
    id,
    alarm: opened.index,
    end: closed?.index ?? null,
    endWord: closed === null ? "" : ENDED[closed.reason].replace(" since", ""),
    onset,
    chosen: id === chosen?.id,
  };
}

/** The one that was asked for, else the newest that is not over, else the newest. */
export function chosenEpisode<T extends EpisodeDto>(
  episodes: readonly T[],
  wanted: string | null | undefined,
): T | null {
  return (
    episodes.find((one) => one.id === wanted) ?? episodes.find((one) => one.closed === null) ?? episodes[0] ?? null
  );
}
