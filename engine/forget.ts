import { notify, wordOf } from "./episodes.ts";
import type { Route } from "./route.ts";
import type { Ending, Episode } from "./store.ts";

/** An open episode whose key's state is gone: nothing can say when it ended, so it ends where it began. */
export function forgottenEpisode(episode: Episode): Episode {
  return { ...episode, state: "closed", closed: { index: episode.opened.index, time: null, reason: "forgotten" } };
}

/** Who heard that it began hears that nobody watches it any more: an incident elsewhere would stay open for ever. */
export function forgottenEnding(routesOf: (monitor: string) => readonly Route[]): Ending {
  return (episode) => {
    const summary =
      "Its key was forgotten, by a reset or after long silence: whether it is over is not known, and it is no longer watched.";
    const word = { id: "forgotten", kind: "forgotten", summary, explanation: { reason: "forgotten" } };
    // Every other end has a later number: this one is told once, whoever finds it.
    return notify(routesOf(episode.monitor), episode, "resolved", 0, wordOf(episode, word, episode.closed!));
  };
}
