import { z } from "zod";
import { DEAD_LETTER_STATES } from "../../engine/dead-letters.ts";
import { REASONS } from "../../engine/rejection.ts";

/** What the service records, as the API tells it. */
export const time = z.string().nullable().meta({ description: "RFC 3339, or null where events carry no time" });
export const json = z.record(z.string(), z.unknown());
export const count = z.number().int().min(0);

export const severity = z.enum(["info", "warning", "critical"]);
export const keyStatus = z.enum(["learning", "steady", "warning", "drifting"]);
export const episodeState = z.enum(["open", "acknowledged", "closed"]);

export const onset = z
  .object({ index: z.number(), low: z.number(), high: z.number() })
  .meta({ id: "Onset", description: "When the change began, as indices of the key's accepted events (90 % interval)" });

export const position = z
  .object({ topic: z.string(), partition: z.number().int(), offset: z.string() })
  .meta({ id: "Position" });

export const signal = z
  .object({
    id: z.string(),
    monitor: z.string(),
    detector: z.string(),
    key: z.string(),
    kind: z.string(),
    severity,
    index: count.meta({ description: "Accepted event of the key, from 0" }),
    time,
    position,
    onset: onset.nullable(),
    statistic: z.number().nullable(),
    threshold: z.number().nullable(),
    score: z.number().nullable().meta({ description: "statistic / threshold: 1 or more is an alarm" }),
    summary: z.string(),
    explanation: json,
    version: z.number().int(),
  })
  .meta({ id: "Signal" });

export const episode = z
  .object({
    id: z.string(),
    monitor: z.string(),
    detector: z.string(),
    key: z.string(),
    kind: z.string(),
    severity,
    state: episodeState,
    opened: z.object({ index: count, time, position }),
    acknowledged: z
      .object({ index: count, time })
      .optional()
      .meta({ description: "Where the key stood when a person acknowledged it" }),
    closed: z
      .object({ index: count, time, reason: z.enum(["recovered", "quiet", "adapted", "false-alarm", "forgotten"]) })
      .nullable(),
    onset: onset.nullable(),
    summary: z.string(),
    explanation: json,
    signals: count,
  })
  .meta({ id: "Episode", description: "An alarm from its first signal until recovery" });

export const seriesPoint = z
  .object({
    from: count,
    to: count,
    time: z.number().nullable().meta({ description: "Event time of `to`, epoch milliseconds" }),
    ratio: z.number(),
  })
  .meta({ id: "SeriesPoint", description: "Highest statistic/threshold over the key's events [from, to]" });

export const signalPage = z
  .object({ signals: z.array(signal), next: z.string().nullable() })
  .meta({ id: "SignalPage" });

export const episodePage = z
  .object({ episodes: z.array(episode), next: z.string().nullable() })
  .meta({ id: "EpisodePage" });

export const deadLetter = z
  .object({
    monitor: z.string(),
    topic: z.string(),
    partition: z.number().int(),
    offset: z.string(),
    time,
    key: z.string().nullable(),
    reason: z.enum(REASONS),
    detail: z.string(),
    value: z.string().nullable().meta({ description: "First 2,000 characters; bytes that are not UTF-8 as U+FFFD" }),
    bytes: count.meta({ description: "Kept length of the value" }),
    state: z
      .enum(DEAD_LETTER_STATES)
      .meta({ description: "asked: waits to be fed again; replayed: was, and accepted" }),
  })
  .meta({ id: "DeadLetter" });

export const deadLetterPage = z
  .object({
    deadLetters: z.array(deadLetter),
    counts: z.record(z.string(), count).meta({ description: "Of the monitor, not yet fed again, by reason" }),
    states: z.record(z.enum(DEAD_LETTER_STATES), count).meta({ description: "Those that match, by state" }),
    next: z.string().nullable(),
  })
  .meta({ id: "DeadLetterPage" });
