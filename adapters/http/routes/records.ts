import { z } from "zod";
import { TidegaugeError } from "../../../engine/errors.ts";
import type { Context } from "../context.ts";
import { deadLettersQuery, episodeParams, episodesQuery, replayQuery, signalsQuery } from "../parameters.ts";
import { deadLetterOf } from "../present.ts";
import { route } from "../route.ts";
import { deadLetterPage, episode, episodePage, signalPage } from "../types.ts";

/** What was found, and what was refused. */
export function recordRoutes({ store, view }: Context) {
  return [
    route({
      method: "GET",
      path: "/api/v1/signals",
      summary: "Signals, oldest first",
      query: signalsQuery,
      answer: signalPage,
      async handle({ query }) {
        const found = await store.signals({ ...given(query), newest: query.newest === "true" });
        return { signals: [...found.items], next: found.next };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/episodes",
      summary: "Episodes, newest first",
      query: episodesQuery,
      answer: episodePage,
      async handle({ query }) {
        const found = await store.episodes(given(query));
        return { episodes: [...found.items], next: found.next };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/episodes/{id}",
      summary: "One episode",
      params: episodeParams,
      answer: episode,
      async handle({ params }) {
        const found = await store.episode(params.id);
        if (!found) throw new TidegaugeError("NOT_FOUND", { what: "episode", name: params.id });
        return found;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/dead-letters",
      summary: "Refused events, newest first, and how many of each reason are kept",
      query: deadLettersQuery,
      answer: deadLetterPage,
      async handle({ query }) {
        const found = await store.deadLetters(given(query));
        const counts = await store.deadLetterCounts(query.monitor);
        const { after: _, limit: __, ...filter } = given(query);
        const states = await store.deadLetterStates(filter);
        return { deadLetters: found.items.map(deadLetterOf), counts: { ...counts }, states, next: found.next };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/dead-letters/replay",
      summary: "Refused events that match are fed again by whoever owns their partition, each once",
      query: replayQuery,
      status: 202,
      answer: z.object({ asked: z.number().int() }),
      async handle({ query }) {
        const monitor = view.monitors()[0]!;
        const asked = await store.askReplay(monitor.run, given(query));
        monitor.poke();
        return { asked };
      },
    }),
  ];
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the fields that were not asked for. */
function given<T extends object>(query: T): Given<T> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<T>;
}
