import { z } from "zod";
import { PHASES } from "../../engine/notification.ts";
import {
  count,
  type deadLetter,
  type deadLetterPage,
  episode,
  type episodePage,
  json,
  keyStatus,
  type onset,
  seriesPoint,
  severity,
  type signal,
  type signalPage,
  time,
} from "./record-types.ts";

/**
 * The JSON shapes of the API, once: types, answers' checks in the tests and /openapi.json come from here.
 * Times with a name (`lastEventTime`) are RFC 3339 strings in UTC; `time` of a series point is epoch milliseconds.
 * Everything nullable is always present.
 */
export * from "./record-types.ts";

export const keyRow = z
  .object({
    key: z.string(),
    partition: z.number().int(),
    events: count,
    status: keyStatus,
    ratio: z.number(),
    lastEventTime: time,
  })
  .meta({ id: "KeyRow", description: "A key as of its last commit" });

export const keyCounts = z
  .object({ total: count, learning: count, steady: count, warning: count, drifting: count })
  .meta({ id: "KeyCounts" });

export const monitorState = z.enum(["starting", "running", "halted", "ended"]);

export const monitorSummary = z
  .object({
    name: z.string(),
    detector: z.string(),
    title: z.string().meta({ description: "The detector's title" }),
    source: z.string(),
    acceptsEvents: z.boolean().meta({ description: "Its events come by POST …/events" }),
    state: monitorState,
    error: z.string().nullable(),
    status: z
      .enum(["empty", "learning", "steady", "warning", "drifting"])
      .meta({ description: "The worst of its keys; empty: no key yet" }),
    keys: keyCounts,
    worst: z.object({ key: z.string(), ratio: z.number() }).nullable().meta({ description: "Highest ratio now" }),
    spark: z
      .object({ key: z.string(), points: z.array(seriesPoint) })
      .nullable()
      .optional()
      .meta({ description: "Newest points of the worst key, oldest first. Absent in the event stream: as before" }),
    lastChange: episode.omit({ explanation: true }).nullable().meta({ description: "Newest episode" }),
    driftingSince: time.meta({ description: "Opening time of the oldest open episode (of the newest 100)" }),
    openEpisodes: count.meta({ description: "Open, not acknowledged (of the newest 100)" }),
    events: z.object({ consumed: count, accepted: count, rejected: count }).meta({ description: "Since start" }),
    eventRate: z.number().nullable().meta({ description: "Events per second now" }),
    lastEventTime: time,
    lag: z.number().nullable().meta({ description: "Records not yet processed, all partitions" }),
  })
  .meta({ id: "MonitorSummary" });

export const overview = z
  .object({
    now: z.string(),
    version: z.string(),
    ready: z.boolean(),
    reasons: z.array(z.string()).meta({ description: "Why not ready" }),
    monitors: z.array(monitorSummary),
    outbox: z.object({ waiting: count, dead: count, oldestSeconds: z.number() }),
  })
  .meta({ id: "Overview" });

export const laneDto = z
  .object({
    topic: z.string(),
    partition: z.number().int(),
    identity: z
      .string()
      .nullable()
      .meta({ description: "Of the stream when it was first read (Kafka's topic id); null: it has none" }),
    nextOffset: z.string().nullable().meta({ description: "Committed position" }),
    highWatermark: z.string().nullable(),
    lag: z.number().nullable(),
    committedAt: z.string().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: "Lane" });

export const monitorDetail = monitorSummary
  .extend({
    run: z.string(),
    promise: z.number().nullable().meta({ description: "Promised events between false alarms of each kind" }),
    reference: z
      .object({
        first: count,
        unit: z.string().optional().meta({ description: "What `first` counts; absent: events" }),
        file: z.string().optional(),
        scope: z.enum(["key", "monitor"]).optional(),
      })
      .nullable(),
    options: json,
    gauges: z.array(z.object({ name: z.string(), help: z.string() })),
    kinds: z.array(
      z.object({
        kind: z.string(),
        severity,
        episode: z.enum(["opens", "updates", "closes", "none"]),
        help: z.string(),
      }),
    ),
    rejected: z.record(z.string(), count).meta({ description: "By reason, since start" }),
    signals: z.array(z.object({ kind: z.string(), severity, count })),
    lanes: z.array(laneDto),
    keyRows: z.array(keyRow).meta({ description: "First page of …/keys with the same query" }),
    next: z.string().nullable(),
  })
  .meta({ id: "MonitorDetail" });

export const keyPage = z.object({ keys: z.array(keyRow), next: z.string().nullable() }).meta({ id: "KeyPage" });

export const inspection = z
  .object({
    status: keyStatus,
    statistic: z.number().nullable(),
    threshold: z.number().nullable(),
    gauges: z.record(z.string(), z.number()),
    learning: z.object({ seen: count, wanted: count }).nullable(),
    details: json.meta({ description: "The detector's own" }),
  })
  .meta({ id: "Inspection" });

export const keyDetail = keyRow
  .extend({
    monitor: z.string(),
    detector: z.string(),
    inMemory: z.boolean().meta({ description: "False: as of the last commit" }),
    inspection,
    series: z.array(seriesPoint).meta({ description: "Oldest first" }),
    episodes: z.array(episode).meta({ description: "Newest first: 50, and older ones that are still open" }),
  })
  .meta({ id: "KeyDetail" });

export const health = z
  .object({
    now: z.string(),
    ready: z.boolean(),
    reasons: z.array(z.string()),
    version: z.string(),
    revision: z.string(),
    node: z.string(),
    startedAt: z.string(),
    uptimeSeconds: z.number(),
    residentBytes: count,
    backend: z.object({ backend: z.string(), device: z.string(), gpu: z.boolean() }),
    store: z.object({ ok: z.boolean(), error: z.string().nullable() }),
    outbox: z.object({ waiting: count, dead: count, oldestSeconds: z.number() }).nullable(),
    channels: z.array(z.string()),
    deadLetters: z.record(z.string(), count).nullable().meta({ description: "Kept ones by reason" }),
    listeners: count.meta({ description: "Open event streams" }),
    monitors: z.array(
      z.object({
        name: z.string(),
        state: monitorState,
        error: z.string().nullable(),
        keysInMemory: count,
        lanes: z.array(laneDto),
      }),
    ),
  })
  .meta({ id: "Health" });

export const notificationState = z.enum(["waiting", "delivered", "dead", "folded", "suppressed"]);

export const notification = z
  .object({
    id: z.string(),
    episode: z.string().nullable(),
    channel: z.string(),
    phase: z.enum([...PHASES, "reminder", "test"]),
    monitor: z.string().nullable().meta({ description: "null: a test alert" }),
    key: z.string().nullable().meta({ description: "null: several keys, told as one" }),
    kind: z.string().nullable(),
    severity: severity.nullable(),
    state: notificationState.meta({
      description:
        "dead: given up until it is redelivered; folded: told as part of another; suppressed: not to be told",
    }),
    attempts: count,
    error: z.string().nullable().meta({ description: "Of the last try, or why it was suppressed" }),
    foldedInto: z.string().nullable(),
    createdAt: z.string(),
    finishedAt: time,
    body: json.meta({ description: "What is told" }),
  })
  .meta({ id: "Notification", description: "One thing told to one channel" });

export const notificationPage = z
  .object({ notifications: z.array(notification), next: z.string().nullable() })
  .meta({ id: "NotificationPage" });

export const session = z
  .object({
    access: z.enum(["none", "read", "write"]).meta({ description: "What this request may do" }),
    tokenWanted: z.boolean().meta({ description: "The service is configured with a token" }),
  })
  .meta({ id: "Session" });

export const eventsAccepted = z
  .object({ accepted: count, rejected: z.record(z.string(), count) })
  .meta({ id: "EventsAccepted", description: "Durable; rejected ones become dead letters" });

export const commandsTaken = z
  .object({ commands: count })
  .meta({ id: "CommandsTaken", description: "Stored; each key applies its own at its next checkpoint" });

export const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).meta({ id: "Error" });

/**
 * GET /api/v1/stream, server-sent events:
 *   event: signal    id: cursor   data: Signal      each new one, in commit order; Last-Event-ID resumes behind it
 *   event: monitors               data: Overview    about once a second while somebody listens
 *   event: change                 data: {}          signals, episodes or commands changed: fetch again what you show
 *   event: reset                  data: {}          Last-Event-ID was no cursor: fetch again what you show, then go on
 * A comment line every 15 s keeps the connection.
 */
export type Signal = z.infer<typeof signal>;
export type Onset = z.infer<typeof onset>;
export type EpisodeDto = z.infer<typeof episode>;
export type SeriesPointDto = z.infer<typeof seriesPoint>;
export type KeyRow = z.infer<typeof keyRow>;
export type KeyPage = z.infer<typeof keyPage>;
export type KeyDetail = z.infer<typeof keyDetail>;
export type KeyCounts = z.infer<typeof keyCounts>;
export type InspectionDto = z.infer<typeof inspection>;
export type MonitorSummary = z.infer<typeof monitorSummary>;
export type MonitorDetail = z.infer<typeof monitorDetail>;
export type Overview = z.infer<typeof overview>;
export type LaneDto = z.infer<typeof laneDto>;
export type SignalPageDto = z.infer<typeof signalPage>;
export type EpisodePage = z.infer<typeof episodePage>;
export type DeadLetterDto = z.infer<typeof deadLetter>;
export type DeadLetterPage = z.infer<typeof deadLetterPage>;
export type NotificationDto = z.infer<typeof notification>;
export type Health = z.infer<typeof health>;
export type Session = z.infer<typeof session>;
export type EventsAccepted = z.infer<typeof eventsAccepted>;
export type CommandsTaken = z.infer<typeof commandsTaken>;
export type ErrorBody = z.infer<typeof errorBody>;
