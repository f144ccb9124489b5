import { z } from "zod";

export const options = z.strictObject({
  scale: z
    .enum(["auto", "raw", "log"])
    .default("auto")
    .describe(
      "Scale in which conversations are tested. auto: logarithm for positions and divergence where that fits better.",
    ),
  transientTurns: z
    .int()
    .min(0)
    .max(10)
    .nullable()
    .default(null)
    .describe("Turns at a conversation's beginning that are left out of the recurrence; null: found from the data."),
  interventionActs: z
    .enum(["auto", "same-turn", "next-turn"])
    .default("auto")
    .describe("On which turn a marked intervention acts; auto: where its effect shows."),
  fleetFalseAlarms: z
    .int()
    .min(100)
    .max(1e9)
    .default(10_000)
    .describe(
      "Promise for fleet_shift, in conversations between false alarms (falseAlarms counts turns of conversations).",
    ),
  memory: z
    .int()
    .min(100)
    .max(10_000)
    .default(1000)
    .describe("Closed conversations from which the recurrence is estimated; an almost unit root needs 1,000."),
  openConversations: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe("Open conversations of a key; the one that was silent longest leaves first."),
  idleMinutes: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(60)
    .describe("Event time after which a silent conversation has ended; null: only end: true ends one."),
  limit: z
    .number()
    .nullable()
    .default(null)
    .describe("A divergence that must not be reached: turns until the forecast reaches it are told."),
  tokens: z.boolean().default(true).describe("Keep the tokens that contribute most, for explanations."),
  reminders: z
    .strictObject({
      cooldown: z.int().min(1).max(100).default(3).describe("Turns between two reminders of a conversation."),
      most: z.int().min(1).max(20).default(3).describe("Reminders of a conversation at the most."),
      holdout: z
        .number()
        .min(0)
        .max(0.9)
        .default(0.1)
        .describe("Share of conversations, drawn by their id, whose reminders are withheld, to measure the effect."),
      template: z.string().max(2000).default("").describe("Text that the reminder's receiver may use."),
    })
    .nullable()
    .default(null)
    .describe("Ask for a goal reminder when a conversation is out of its band; null: never."),
});

export type Options = z.output<typeof options>;
