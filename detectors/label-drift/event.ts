import { z } from "zod";

/** Longest name of a label or an input, in UTF-16 code units. */
const LONGEST_NAME = 256;
const MOST_LABELS = 4096;
/** Inputs beyond this make an event absurd. */
const MOST_INPUTS = 16_384;

export const labelEvent = z.strictObject({
  x: z
    .union([
      z.array(z.number().nullable()).max(MOST_INPUTS),
      z
        .record(z.string().max(LONGEST_NAME), z.number().nullable())
        .refine((x) => Object.keys(x).length <= MOST_INPUTS, {
          error: `x has more than ${MOST_INPUTS} inputs`,
          params: { reason: "wrong-dimension" },
        }),
    ])
    .optional()
    .describe(
      "The inputs: numbers in a fixed order, or by name (a name that is missing counts as 0). null: not known, taken as the mean so far. Absent: structure only.",
    ),
  y: z.array(z.string().min(1).max(LONGEST_NAME)).max(MOST_LABELS).describe("The labels of this event; may be empty."),
});

export type LabelEvent = z.infer<typeof labelEvent>;
