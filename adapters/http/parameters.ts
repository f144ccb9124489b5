import { z } from "zod";
import { DEAD_LETTER_STATES } from "../../engine/dead-letters.ts";
import { REASONS } from "../../engine/rejection.ts";
import { episodeState, keyStatus, notificationState } from "./types.ts";

/** What requests bring, checked; everything that the routes take from outside is here. */
const cursor = z
  .string()
  .regex(/^\d{1,18}$/, "not a cursor of an earlier answer")
  .optional();
const name = z.string().min(1).max(256);
const key = z.string().min(1).max(1024);
const limit = upTo(1000).default(100);
const flag = z.enum(["true", "false"]).default("false");
const note = z.string().max(2000).optional().meta({ description: "Why, for people" });

export const monitorParams = z.strictObject({ name });
export const keyParams = z.strictObject({ name, key });
export const episodeParams = z.strictObject({ id: z.string().min(1).max(100) });
export const channelParams = z.strictObject({ channel: name });

export const keysQuery = z.strictObject({
  status: keyStatus.optional(),
  search: z.string().max(256).optional().meta({ description: "Part of the key" }),
  after: z.string().max(1024).optional(),
  limit,
});

const event = z.coerce.number("must be an event's index").int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

export const keyQuery = z.strictObject({
  points: upTo(5000)
    .default(500)
    .meta({ description: "Points of the series: the newest, or of the span at most so many" }),
  from: event.meta({ description: "The series from this event on, in stretches where it has more points" }),
  to: event.meta({ description: "The series up to this event, as above" }),
});

export const signalsQuery = z.strictObject({
  monitor: name.optional(),
  key: key.optional(),
  kind: name.optional(),
  after: cursor,
  limit,
  newest: flag.meta({ description: "true: newest first, `after` goes back in time" }),
});

export const episodesQuery = z.strictObject({
  monitor: name.optional(),
  key: key.optional(),
  state: episodeState.optional(),
  after: cursor,
  limit,
});

const deadLetterFilter = {
  monitor: name.optional(),
  reason: z.enum(REASONS).optional(),
  topic: name.optional(),
  partition: z.coerce.number().int().min(0).optional(),
};
export const deadLettersQuery = z.strictObject({
  ...deadLetterFilter,
  state: z.enum(DEAD_LETTER_STATES).optional(),
  after: cursor,
  limit,
});
export const replayQuery = z.strictObject(deadLetterFilter);

export const notificationParams = z.strictObject({ id: z.string().min(1).max(100) });
export const notificationsQuery = z.strictObject({
  channel: name.optional(),
  monitor: name.optional(),
  state: notificationState.optional(),
  after: cursor,
  limit,
});

export const noteBody = z.strictObject({ note });

export const feedbackBody = z.strictObject({
  kind: z.enum(["false-alarm", "acknowledge"]),
  episode: z.string().max(100).optional().meta({ description: "Absent: every open episode of the key" }),
  note,
});

export const referenceBody = z.strictObject({
  status: keyStatus.optional().meta({ description: "Only keys in this state" }),
  note,
});

export const sessionBody = z.strictObject({ token: z.string().min(1).max(4096) });

function upTo(most: number) {
  const must = `must be a whole number from 1 to ${most}`;
  return z.coerce.number(must).int(must).min(1, must).max(most, must);
}
