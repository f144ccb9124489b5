import { z } from "zod";

export const numericEvent = z
  .strictObject({
    value: z.number().optional().describe("The number that is watched."),
    error: z
      .union([z.literal(0), z.literal(1), z.boolean()])
      .optional()
      .describe("Instead of a value: 1 or true when something went wrong, else 0 or false."),
  })
  .refine((e) => (e.value === undefined) !== (e.error === undefined), {
    error: "An event has either a value or an error",
  });

export type NumericEvent = z.infer<typeof numericEvent>;

export function numberOf(event: NumericEvent): number {
  return event.value ?? Number(event.error);
}
