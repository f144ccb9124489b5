import { z } from "zod";
import { MEASURES } from "./event.ts";
import { KEPT } from "./track.ts";

const turns = z.array(z.int().min(0)).min(1).max(KEPT);

/** A conversation that has ended, as the conversation stage hands it to a fleet stage elsewhere: its track, and what it brought. */
export const ended = z.strictObject({
  conversation: z.string(),
  measure: z.enum(MEASURES),
  /** Mean of the positions' coverage where it was; null: not of positions. */
  coverage: z.number().nullable(),
  turns,
  values: z.array(z.number()).min(1).max(KEPT),
  marks: z.array(z.int().min(0).max(255)).min(1).max(KEPT),
  seen: z.int().min(1),
  strange: z.boolean(),
});

export type Ended = z.infer<typeof ended>;
