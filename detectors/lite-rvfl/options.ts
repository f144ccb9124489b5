import { z } from "zod";

export const options = z.strictObject({
  task: z
    .enum(["auto", "classification", "regression"])
    .default("auto")
    .describe(
      "What y is. auto: texts are classes, and so are numbers when the first labels are at most ten different integers; other numbers are a quantity.",
    ),
  theta: z
    .number()
    .min(1)
    .max(1.1)
    .default(1.003)
    .describe("How the model forgets (θ): an event weighs θ⁻² as much after one more. 1.003: a memory of 167 events."),
  slowTheta: z
    .number()
    .min(1)
    .max(1.05)
    .default(1.0002)
    .describe("The same of the slow model beside it. 1.0002: a memory of 2,500 events."),
  ridge: z.number().gt(0).max(1e6).default(1).describe("Ridge (λ); raising it makes the model stiffer."),
  groups: z.int().min(1).max(64).default(10).describe("Groups of random nodes (Ne)."),
  nodes: z.int().min(1).max(64).default(10).describe("Nodes of a group (N2)."),
  every: z.int().min(1).max(100).default(10).describe("Learnt events between two solutions (k)."),
  alarms: z
    .enum(["both", "gap", "displacement"])
    .default("both")
    .describe(
      "What raises drift. gap: the slow model predicts worse than the fast one. displacement: the model moves further than in replays of its own past. both: each with half of the promise.",
    ),
  block: z
    .union([z.literal("auto"), z.int().min(1).max(500)])
    .default("auto")
    .describe(
      "Neighbouring events that a replay draws together. auto: 1, or 100 where inputs, labels or errors depend on the ones before.",
    ),
  waiting: z
    .int()
    .min(0)
    .max(100_000)
    .default(1000)
    .describe("Events of a key that wait for their labels; the oldest leaves first. Each is kept in the state."),
  classes: z.int().min(2).max(256).default(50).describe("Most classes; labels of a further one are rejected."),
  inputs: z.int().min(1).max(1000).default(200).describe("Most inputs; the state grows with their square."),
});

export type Options = z.infer<typeof options>;
