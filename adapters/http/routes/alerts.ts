import { randomUUID } from "node:crypto";
import { z } from "zod";
import { TidegaugeError } from "../../../engine/errors.ts";
import type { NotificationRecord } from "../../../engine/outbox.ts";
import type { Context } from "../context.ts";
import { channelParams, notificationParams, notificationsQuery } from "../parameters.ts";
import { timeText } from "../present.ts";
import { route } from "../route.ts";
import { type NotificationDto, notification, notificationPage } from "../types.ts";

/** The way out to people: what was told, what was given up, and a try of it. */
export function alertRoutes({ view, store, now }: Context) {
  const channel = (name: string): string => {
    if (!view.channels.includes(name)) throw new TidegaugeError("NOT_FOUND", { what: "alert channel", name });
    return name;
  };
  return [
    route({
      method: "GET",
      path: "/api/v1/notifications",
      summary: "What channels were told or will be, newest first; state=dead is what was given up",
      query: notificationsQuery,
      answer: notificationPage,
      async handle({ query: { limit, channel: of, state, monitor, after } }) {
        const found = await store.notifications({
          limit,
          ...(of === undefined ? {} : { channel: of }),
          ...(state === undefined ? {} : { state }),
          ...(monitor === undefined ? {} : { monitor }),
          ...(after === undefined ? {} : { after }),
        });
        return { notifications: found.items.map(notificationOf), next: found.next };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/notifications/{id}",
      summary: "One notification and what became of it",
      params: notificationParams,
      answer: notification,
      async handle({ params: { id } }) {
        const found = await store.notification(id);
        if (found === null) throw new TidegaugeError("NOT_FOUND", { what: "notification", name: id });
        return notificationOf(found);
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
        const to = { channel: params.channel, phase: "test", about: null } as const;
        await store.enqueue({ id, episode: null, signal: id, ...to, body });
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

function notificationOf(of: NotificationRecord): NotificationDto {
  const { id, episode, channel, phase, about, state, attempts, error, foldedInto, createdAt, finishedAt, body } = of;
  return {
    id,
    episode,
    channel,
    phase,
    monitor: about?.monitor ?? null,
    key: about?.key ?? null,
    kind: about?.kind ?? null,
    severity: about?.severity ?? null,
    state,
    attempts,
    error,
    foldedInto,
    createdAt: timeText(createdAt) ?? "",
    finishedAt: timeText(finishedAt),
    body: JSON.parse(body) as NotificationDto["body"],
  };
}
