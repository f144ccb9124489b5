import { randomUUID } from "node:crypto";
import { z } from "zod";
import { TidegaugeError } from "../../../engine/errors.ts";
import type { Context } from "../context.ts";
import { channelParams } from "../parameters.ts";
import { laneOf, timeText } from "../present.ts";
import { route } from "../route.ts";
import { health } from "../types.ts";

/** How the service itself is, and its way out tried. */
export function healthRoutes(context: Context, listeners: () => number) {
  const { view, store, now } = context;
  const channel = (name: string): string => {
    if (!view.channels.includes(name)) throw new TidegaugeError("NOT_FOUND", { what: "alert channel", name });
    return name;
  };
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
    route({
      method: "POST",
      path: "/api/v1/alerts/{channel}/test",
      summary: "Sends a test alert the way that real ones take",
      params: channelParams,
      status: 202,
      answer: z.object({ notification: z.string() }),
      async handle({ params }) {
        const id = `ntf_test_${randomUUID()}`;
        const body = JSON.stringify({
          id: `sig_test_${randomUUID()}`,
          kind: "test",
          severity: "info",
          time: new Date(now()).toISOString(),
          summary: `A test alert to ${channel(params.channel)}: nothing has happened.`,
          version: 1,
        });
        await store.enqueue({
          id,
          episode: null,
          signal: id,
          channel: params.channel,
          phase: "test",
          about: null,
          body,
        });
        return { notification: id };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/alerts/{channel}/redeliver",
      summary: "Notifications that were given up become due again",
      params: channelParams,
      status: 202,
      answer: z.object({ notifications: z.number().int() }),
      handle: async ({ params }) => ({ notifications: await store.redeliver(channel(params.channel)) }),
    }),
  ];
}
