import { z } from "zod";
import { WEEKDAYS } from "../../engine/mute.ts";
import { PHASES } from "../../engine/notification.ts";
import { secret } from "./secret.ts";

const web = (what: string) => z.url({ protocol: /^https?$/ }).describe(what);
const allowPrivate = z
  .boolean()
  .optional()
  .describe("Whether the name may lead to a private address; absent: only if the url itself names one");
const signed = {
  secret: secret.optional().describe("Signs each delivery (Standard Webhooks); a file is read anew each time"),
  previousSecret: secret.optional().describe("Signs beside it while receivers change over"),
};

/** Kinds of targets; a channel is one of them. */
const targets = {
  webhook: z.strictObject({ url: web("Where signals are posted"), ...signed, allowPrivate }).optional(),
  cloudevents: z
    .strictObject({
      url: web("Where CloudEvents are posted, in structured mode"),
      ...signed,
      token: secret.optional().describe("Bearer token"),
      allowPrivate,
    })
    .optional(),
  slack: z
    .strictObject({
      url: secret.describe("Address of an incoming webhook, which is a secret"),
      allowPrivate,
    })
    .optional(),
  pagerduty: z
    .strictObject({
      routingKey: secret.describe("Integration key of an Events API v2 integration"),
      url: web("Endpoint of the Events API").default("https://events.pagerduty.com/v2/enqueue"),
      allowPrivate,
    })
    .optional(),
  alertmanager: z
    .strictObject({
      urls: z.array(web("Address of a replica, without /api")).min(1).describe("All replicas; each hears everything"),
      token: secret.optional().describe("Bearer token"),
      resendSeconds: z
        .number()
        .min(1)
        .max(3600)
        .default(60)
        .describe("Open alarms are said again so often; they end by themselves after four times as long"),
      labels: z.record(z.string().regex(/^[a-zA-Z_]\w*$/, "must be a label name"), z.string()).default({}),
      allowPrivate,
    })
    .optional(),
  kafka: z
    .strictObject({ topic: z.string().min(1).describe("Topic for CloudEvents; brokers as under `kafka`") })
    .optional(),
};

export const TARGETS = Object.keys(targets) as readonly (keyof typeof targets)[];

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like "22:00"');
const zone = z.string().refine(isZone, { message: "is no time zone, as in Europe/Berlin" });

const mute = z
  .strictObject({
    days: z.array(z.enum(WEEKDAYS)).min(1).optional().describe("On which it begins; absent: every day"),
    from: clock.optional(),
    to: clock.optional().describe("Before `from`: on the next day"),
    zone: zone.default("UTC"),
    start: z.iso.datetime({ offset: true }).optional().describe("Once, instead of from and to"),
    end: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ from, to, start, end }) => (from && to && !start && !end) || (start && end && !from && !to), {
    message: "must have from and to (each week), or start and end (once)",
  });

export const alertSchema = z
  .strictObject({
    ...targets,
    only: z
      .strictObject({
        severity: z.enum(["info", "warning", "critical"]).optional().describe("At least so severe"),
        monitors: z.array(z.string()).min(1).optional(),
        kinds: z.array(z.string()).min(1).optional().describe("Kinds of alarms, as in drift"),
        keys: z.array(z.string().min(1)).min(1).optional().describe("Keys; * stands for any characters"),
        phases: z
          .array(z.enum(PHASES))
          .min(1)
          .optional()
          .describe("Absent: opened, acknowledged, resolved; updated tells what is learnt meanwhile too"),
      })
      .optional()
      .describe("What this channel hears; absent: every alarm of the monitors that name it"),
    mute: z.array(mute).default([]).describe("Times of silence: what is over by their end is not told"),
    cooldown: z
      .strictObject({ minutes: z.number().positive().max(10_080) })
      .optional()
      .describe("The same kind of alarm of the same key is not told again within so long"),
    digest: z
      .strictObject({
        from: z.int().min(2).default(10).describe("So many waiting alarms of a monitor are told as one"),
        waitSeconds: z.number().min(0).max(3600).default(5).describe("Each waits so long for others"),
        windowSeconds: z
          .number()
          .min(0)
          .max(86_400)
          .default(60)
          .describe("After many were told as one, further ones are collected so long"),
      })
      .optional()
      .describe("Drift storms are told as one"),
    limit: z
      .strictObject({ perMinute: z.int().min(1).max(100_000) })
      .optional()
      .describe("Deliveries to this target; what is more waits"),
  })
  .refine((channel) => TARGETS.filter((target) => channel[target] !== undefined).length === 1, {
    message: `must name exactly one of ${TARGETS.join(", ")}`,
  })
  .refine(({ alertmanager, digest, cooldown }) => !alertmanager || (!digest && !cooldown), {
    message: "an Alertmanager groups and holds back by its own rules: take digest and cooldown out",
  });

export type AlertConfig = z.output<typeof alertSchema>;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
