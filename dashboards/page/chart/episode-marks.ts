import type { EpisodeDto } from "../../../adapters/http/types.ts";
import { isJson, numberAt } from "../explain/read.ts";
import type { Mark, Moment } from "./model.ts";

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

/** Who has seen an alarm, and since when something else is normal, oldest first. `reference`: of the key's details. */
export function momentsOf(episodes: readonly EpisodeDto[], reference: unknown): readonly Moment[] {
  const seen = episodes.flatMap(({ acknowledged: at }): Moment[] =>
    at === undefined ? [] : [{ index: at.index, kind: "seen", word: "acknowledged" }],
  );
  const adapted = episodes.flatMap(({ closed }): Moment[] =>
    closed?.reason === "adapted" ? [{ index: closed.index, kind: "reference", word: "taken as the new normal" }] : [],
  );
  const known = isJson(reference) ? [reference, ...(Array.isArray(reference.before) ? reference.before : [])] : [];
  // The first one is where the curve begins.
  const learnt = known.filter(isJson).flatMap((one): Moment[] => {
    const [version, to] = [numberAt(one, "version"), numberAt(one, "to")];
    return version === null || version < 2 || to === null || to < 0
      ? []
      : [{ index: to, kind: "reference", word: `reference ${version} learnt` }];
  });
  return [...seen, ...adapted, ...learnt].sort((a, b) => a.index - b.index);
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
