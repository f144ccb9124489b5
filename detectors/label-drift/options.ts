import { z } from "zod";

export const labelOptions = z.strictObject({
  learner: z
    .enum(["ensemble", "quality", "tree", "none"])
    .default("ensemble")
    .describe(
      "Predicts labels from x, test then train. ensemble: classifier chain, nearest neighbours, random functional links. quality: more neighbours too. tree: a multi-label Hoeffding adaptive tree. none: structure only.",
    ),
  clusterLearners: z
    .boolean()
    .default(true)
    .describe("One classifier chain per cluster of labels; ADWIN on its loss alarms locally and restarts it."),
  partitioner: z
    .enum(["gap", "odac"])
    .default("gap")
    .describe(
      "How labels are clustered: gap splits and merges, or ODAC as published (on the Jaccard distance, to compare).",
    ),
  odacDelta: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe("odac: failure probability of the bound; lower splits later."),
  odacEvents: z.int().min(10).max(1_000_000).default(100).describe("odac: events between two tests."),
  maxLabels: z
    .int()
    .min(2)
    .max(4096)
    .default(4000)
    .describe(
      "Labels known at a time; beyond, one that vanished gives its place, else the new one is counted and ignored.",
    ),
  topPairs: z.int().min(1).max(100).default(10).describe("Pairs of labels, and labels, named in explanations."),
  seed: z.int().min(0).default(1).describe("Of the random weights of the learner."),
});

export type LabelOptions = z.output<typeof labelOptions>;
