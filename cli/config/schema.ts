import { z } from "zod";
import type { Detector } from "../../engine/detector.ts";
import { alertSchema } from "./alert-schema.ts";
import { embedderSchema } from "./embedder-schema.ts";
import { kafkaSchema } from "./kafka-schema.ts";
import { monitorSchema, name } from "./monitor-schema.ts";
import { secret } from "./secret.ts";

export function configSchema(detectors: readonly Detector[]) {
  const [first, ...rest] = detectors.map(monitorSchema);
  return z.strictObject({
    store: z
      .discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("embedded").describe("A PostgreSQL that the service starts and stops itself"),
          path: z.string().min(1).default("./data").describe("Its folder, relative to the config file"),
        }),
        z.strictObject({
          kind: z.literal("postgres").describe("A PostgreSQL of yours"),
          url: secret.describe("postgres://user:password@host:port/database"),
        }),
        z.strictObject({ kind: z.literal("memory").describe("Nothing survives the process: for trials and tests") }),
      ])
      .prefault({ kind: "embedded" }),
    http: z
      .strictObject({
        host: z.string().default("127.0.0.1").describe("Address to listen on"),
        port: z
          // An environment variable is text.
          .preprocess((v) => (typeof v === "string" && /^\d+$/.test(v) ? Number(v) : v), z.int().min(0).max(65535))
          .default(8080)
          .describe("Port; 0 takes a free one"),
        token: secret.optional().describe("Asked for by everything that changes state or shows texts"),
        readToken: secret.optional().describe("A second token that may read but change nothing"),
        url: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe("Where people reach the live page: alerts link there"),
        allowedHosts: z
          .array(z.string().min(1))
          .default([])
          .describe("Names beside localhost and addresses under which browsers may reach the page"),
      })
      .prefault({}),
    kafka: kafkaSchema.optional(),
    compute: z
      .strictObject({
        backend: z
          .enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"])
          .default("auto")
          .describe("Where numeric kernels run; auto: the best that is here"),
        requireGpu: z.boolean().default(false).describe("Refuse to start without a GPU"),
      })
      .prefault({}),
    embedder: embedderSchema,
    limits: z
      .strictObject({
        recordBytes: z
          .int()
          .min(64)
          .default(1 << 20)
          .describe("A larger record is rejected as too-large"),
      })
      .prefault({}),
    retention: z
      .strictObject({
        signalDays: z.number().positive().default(90).describe("Signals, episodes and series"),
        textDays: z
          .number()
          .positive()
          .nullable()
          .default(null)
          .describe("Example texts inside signals and closed episodes; null: as long as the signals"),
        deadLetterDays: z.number().positive().default(14),
        idleKeyDays: z.number().positive().default(30).describe("States of keys without events"),
      })
      .prefault({}),
    monitors: z
      .record(name, z.discriminatedUnion("detector", [first!, ...rest]))
      .refine((m) => Object.keys(m).length > 0, {
        message: "must hold at least one monitor",
      }),
    alerts: z.record(name, alertSchema).default({}),
  });
}

export type Config = z.output<ReturnType<typeof configSchema>>;
export type MonitorConfig = Config["monitors"][string];
