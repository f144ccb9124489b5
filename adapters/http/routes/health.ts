import type { Context } from "../context.ts";
import { laneOf, timeText } from "../present.ts";
import { route } from "../route.ts";
import { health } from "../types.ts";

/** How the service itself is. */
export function healthRoutes(context: Context, listeners: () => number) {
  const { view, store, now } = context;
  return [
    route({
      method: "GET",
      path: "/api/v1/health",
      summary: "Partitions, store, outbox, backend, build",
      answer: health,
      async handle() {
        const { ok, reasons } = view.ready();
        const error = await store.ping();
        const answers = error === null;
        return {
          now: new Date(now()).toISOString(),
          ready: ok,
          reasons: [...reasons],
          version: view.version,
          revision: view.build.revision,
          node: view.build.node,
          startedAt: timeText(view.startedAt) ?? "",
          uptimeSeconds: Math.max(0, now() - view.startedAt) / 1000,
          residentBytes: process.memoryUsage.rss(),
          backend: { ...view.backend },
          store: { ok: answers, error },
          outbox: answers ? { ...(await store.outboxState()) } : null,
          channels: [...view.channels],
          deadLetters: answers ? { ...(await store.deadLetterCounts()) } : null,
          listeners: listeners(),
          monitors: view.monitors().map(({ name, state, error: why, keysInMemory, lanes }) => ({
            name,
            state,
            error: why,
            keysInMemory,
            lanes: lanes.map(laneOf),
          })),
        };
      },
    }),
  ];
}
