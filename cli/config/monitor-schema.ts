import { z } from "zod";
import type { Detector } from "../../engine/detector.ts";

const pointer = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON pointer like "/value" or "/message/text"')
  .describe("JSON pointer into the event");
/** Of a monitor or a channel. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, "must be letters, digits, '.', '_', '-' (at most 63)");

const sourceSchema = z
  .strictObject({
    kafka: z
      .strictObject({
        topic: z.string().min(1).describe("Topic to read"),
        from: z
          .enum(["earliest", "latest"])
          .default("earliest")
          .describe("Where a monitor without a stored position starts"),
        format: z
          .enum(["json", "cloudevents", "avro", "protobuf"])
          .default("json")
          .describe("How records are written; avro and protobuf name their schemas in kafka.registry"),
        deadLetters: z
          .string()
          .min(1)
          .optional()
          .describe("Topic on which refused records are told too, as they came; it must exist"),
      })
      .refine((k) => k.deadLetters !== k.topic, {
        message: "must be another topic than the one that is read: refused records would come back for ever",
        path: ["deadLetters"],
      })
      .optional(),
    file: z
      .strictObject({
        path: z.string().min(1).describe("NDJSON file; gzip by the name's end .gz. Relative to the config file"),
        follow: z.boolean().default(false).describe("Wait for more lines at the end, through rotation and truncation"),
      })
      .optional(),
    stdin: z
      .strictObject({})
      .optional()
      .describe("NDJSON on standard input; at most once for what was not yet committed"),
    http: z.strictObject({}).optional().describe("POST /api/v1/monitors/{name}/events"),
  })
  .refine((s) => Object.values(s).filter((v) => v !== undefined).length === 1, {
    message: "must name exactly one of kafka, file, stdin, http",
  });

const dedupeSchema = z
  .strictObject({
    events: z
      .int()
      .min(1)
      .max(100_000)
      .describe("So many ids of accepted events are remembered for each key, 8 bytes each in its state"),
  })
  .optional()
  .describe("An event with an id that its key remembers is passed over; absent: ids are not looked at");

/** One monitor, given its detector: the detector's own options and event fields are part of the schema. */
export function monitorSchema(detector: Detector) {
  const fields: Record<string, z.ZodType> = {};
  for (const field of [...Object.keys(detector.event.shape), "time", "id"])
    fields[field] = pointer.default(`/${field}`);
  const { reference } = detector;
  return z.strictObject({
    detector: z.literal(detector.name).describe(detector.title),
    source: sourceSchema.optional().describe("Where its events come from; backtest does not use it"),
    key: z
      .union([pointer, z.array(pointer).min(2).max(8)])
      .optional()
      .describe(
        "Place of the key, or of the labels that make one (`model | version`); absent: the record's key, else one key for all events",
      ),
    fields: z.strictObject(fields).prefault({}).describe("Place of each field in the event"),
    reference: reference
      ? z
          .strictObject({
            first: z
              .int()
              .min(reference.least)
              .max(1_000_000)
              .default(reference.first)
              .describe(
                `${capital(reference.unit ?? "events")} of each key that teach what is normal; with a file, of keys that it does not name`,
              ),
            file: z
              .string()
              .min(1)
              .optional()
              .describe("NDJSON of events that teach what is normal instead, each the key that it names"),
            scope: z
              .enum(["key", "monitor"])
              .default("key")
              .describe("monitor: all events of the file teach one reference that every key begins with"),
          })
          .refine((r) => r.file !== undefined || r.scope === "key", {
            message: "scope: monitor is for a reference from a file",
            path: ["scope"],
          })
          .optional()
      : z.undefined({ error: `the detector ${detector.name} has no reference` }).optional(),
    falseAlarms: z
      .strictObject({
        events: z
          .int()
          .min(10)
          .max(1e12)
          .optional()
          .describe("At most one false alarm of each kind in so many events of a key"),
        days: z
          .number()
          .positive()
          .max(36_500)
          .optional()
          .describe(
            "The same in days of event time: events by the key's rate while its reference is learnt, at least 100",
          ),
      })
      .extend({
        per: z
          .enum(["key", "monitor"])
          .default("key")
          .describe("monitor: over all keys together, however many there are"),
      })
      .refine((f) => (f.events === undefined) !== (f.days === undefined), {
        message: "must name either events or days",
      })
      .optional(),
    falseDiscoveries: z
      .strictObject({
        rate: z.number().min(0.001).max(0.5).describe("Expected share of false ones among the alarms of all keys"),
        events: z
          .int()
          .min(1000)
          .max(1e12)
          .default(100_000)
          .describe("The share holds for each stretch of so many events of all keys: more is surer and later"),
      })
      .optional()
      .describe("Instead of falseAlarms, for many keys"),
    options: detector.options.prefault({} as never).describe(`Options of ${detector.name}`),
    alerts: z.array(name).default([]).describe("Channels, by their names under alerts, that hear its alarms"),
    reminders: z
      .array(name)
      .default([])
      .describe("Channels, by their names under alerts, that hear what a signal asks to deliver (goal reminders)"),
    repartition: z
      .union([
        z.boolean(),
        z.strictObject({
          partitions: z
            .int()
            .min(1)
            .max(10_000)
            .optional()
            .describe("Of the internal topic; absent: as many as the source has when it is created"),
          replicationFactor: z.int().min(1).max(100).optional().describe("Absent: the brokers' default"),
          retentionHours: z
            .number()
            .positive()
            .max(87_600)
            .default(168)
            .describe("At least the longest stop that is to lose nothing; it holds for a topic that is created"),
          stages: z
            .union([z.literal(1), z.literal(2)])
            .default(1)
            .describe(
              "2: events stay where they come, and only what a first stage makes of them (a conversation that ended) goes through the topic; for detectors that have two stages",
            ),
        }),
      ])
      .default(false)
      .describe(
        "A key may be on several partitions and has one state: events are keyed anew through an internal topic",
      ),
    order: z
      .enum(["key", "none"])
      .default("key")
      .describe("none: a key may be on several partitions and has one state on each"),
    allowedLateness: z
      .int()
      .min(0)
      .optional()
      .describe("Milliseconds by which an event may be older than its key's newest; absent: nothing is late"),
    dedupe:
      "id" in detector.event.shape
        ? z
            .undefined({ error: `events of ${detector.name} come under one id twice: a label after its inputs` })
            .optional()
        : dedupeSchema,
    quietEvents: z
      .int()
      .min(1)
      .default(1000)
      .describe("Events without alarm that close an episode of a detector that never recovers by itself"),
    memory: z
      .strictObject({
        keys: z
          .int()
          .min(1)
          .default(20_000)
          .describe("Keys kept in memory per partition; the others rest in the store"),
        megabytes: z.int().min(1).default(512).describe("States kept in memory per partition, MiB"),
      })
      .prefault({}),
    checkpoint: z
      .strictObject({
        events: z.int().min(1).default(50_000).describe("Records between commits at the most"),
        seconds: z.number().min(0.01).max(60).default(1).describe("Seconds between commits at the most"),
      })
      .prefault({}),
    seed: z.int().min(0).default(1).describe("Seed of everything random in this monitor"),
  });
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
