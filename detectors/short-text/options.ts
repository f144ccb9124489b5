import { z } from "zod";

export const options = z.strictObject({
  scheme: z
    .enum(["calibrated", "paper", "page-hinkley", "adwin"])
    .default("calibrated")
    .describe(
      "How scores become alarms. calibrated: bets that keep the promise. paper: an autoencoder's similarity in batches of 25, Mann–Whitney change-point model. page-hinkley, adwin: on the standardised score, without a promise. The last three say drift only.",
    ),
  classic: z
    .strictObject({
      delta: z.number().gt(0).max(10).nullable().default(null).describe("Their delta. null: .005 and .002."),
      threshold: z
        .number()
        .gt(0)
        .nullable()
        .default(null)
        .describe("Page–Hinkley's λ, in standard deviations. null: 50."),
    })
    .prefault({})
    .describe("Parameters of the schemes page-hinkley and adwin."),
  neighbours: z.int().min(1).max(20).default(3).describe("Reference texts that a new text is compared with (k)."),
  hubness: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .describe(
      "How much of the distance usual around the neighbours is taken off a text's distance (h). 0: plain distance. null: .7, with the hash encoder .3. Another value holds from the next reference on, as with neighbours and bins.",
    ),
  clusters: z
    .int()
    .min(2)
    .max(255)
    .nullable()
    .default(null)
    .describe("Clusters of the reference (K). null: one per 20 reference texts, from 5 to 50."),
  farShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.2)
    .describe("Share of the reference that counts as far; raising it makes the cell bets broader."),
  alpha: z
    .number()
    .min(0.01)
    .max(100)
    .default(1)
    .describe("Pseudo-count of each cluster; raising it trusts rare ones less."),
  bins: z.int().min(64).max(65536).default(4096).describe("Resolution of the score's ranks."),
  surgeTolerance: z
    .number()
    .min(1)
    .max(10)
    .nullable()
    .default(null)
    .describe(
      "Growth of a known topic that is still normal (τ). null: 1.3, of a topic among far texts 1.5 (1.1 both with the hash encoder), with sessions 1.25.",
    ),
  repeats: z
    .int()
    .min(0)
    .max(10_000)
    .default(50)
    .describe("The same text again within this many events counts once. 0: never dropped."),
  memory: z
    .int()
    .min(1000)
    .max(10_000_000)
    .default(20_000)
    .describe("Events after which the counts of what is normal are halved, so that they can follow slow ageing."),
  guarantee: z
    .boolean()
    .default(false)
    .describe("Only bets whose promise is a theorem for exchangeable texts: no surge alarms, slower drift alarms."),
  sessionGap: z.number().min(1).max(1440).default(30).describe("Minutes of silence after which a session has ended."),
  sessionTurns: z.int().min(1).max(1000).default(50).describe("Turns of one session that count."),
  sessionsOpen: z
    .int()
    .min(8)
    .max(100_000)
    .default(512)
    .describe("Sessions followed at once; the least recent leaves first."),
  dimension: z
    .int()
    .min(1)
    .max(8192)
    .nullable()
    .default(null)
    .describe("Length of the embeddings that events bring. null: that of a key's first accepted event."),
  texts: z
    .strictObject({
      samples: z
        .boolean()
        .default(true)
        .describe("Whether signals, API and page show example texts. false: only terms and figures."),
      redact: z
        .array(z.string().min(1).max(500).refine(isPattern, "This is no regular expression."))
        .max(20)
        .default([])
        .describe("Regular expressions; what they match is replaced by … before a text is encoded, kept or shown."),
    })
    .prefault({})
    .describe("What is kept and shown of people's texts."),
  adaptAfter: z
    .int()
    .min(500)
    .nullable()
    .default(null)
    .describe(
      "Events after an alarm at which the changed stream becomes the new normal by itself. Another change that takes the alarm's place does not start them anew, but is open for 500 events first. null: never.",
    ),
  warnAt: z
    .number()
    .min(0.01)
    .max(0.99)
    .nullable()
    .default(null)
    .describe("Statistic over threshold at which a warning is said; it carries no promise. null: no warnings."),
});

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, "gu") instanceof RegExp;
  } catch {
    return false;
  }
}

export type Options = z.infer<typeof options>;
