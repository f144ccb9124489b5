import type { Episode } from "./store.ts";

/** An open episode whose key's state is gone: nothing can say when it ended, so it ends where it began. */
export function forgottenEpisode(episode: Episode): Episode {
  return { ...episode, state: "closed", closed: { index: episode.opened.index, time: null, reason: "forgotten" } };
}
