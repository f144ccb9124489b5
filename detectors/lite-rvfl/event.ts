import { z } from "zod";

/** Elements of one event at the most; `options.inputs` may allow fewer. */
const MOST_VALUES = 1000;
const MOST_ID = 256;

const value = z.number().nullable();

export const event = z
  .strictObject({
    x: z
      .union([z.array(value).min(1).max(MOST_VALUES), z.record(z.string().min(1).max(200), value)])
      .optional()
      .describe("The inputs: numbers by place or by name; null or left out: missing. Absent: a label that came late."),
    y: z
      .union([z.string().min(1).max(200), z.number(), z.boolean()])
      .optional()
      .describe(
        "The label: a class, or a number. Absent: predicted only, and learnt when its label comes under its id.",
      ),
    id: z
      .union([z.string().max(MOST_ID), z.number()])
      .optional()
      .describe("Joins a label that comes later to its inputs."),
  })
  .refine(({ x, y }) => x !== undefined || y !== undefined, {
    error: "The event has neither x nor y.",
    params: { reason: "missing-field" },
  })
  .refine(({ x, id }) => x !== undefined || id !== undefined, {
    error: "A label without x needs the id of the event that it belongs to.",
    params: { reason: "missing-field" },
  })
  .refine(({ x }) => x === undefined || Array.isArray(x) || sized(Object.keys(x).length), {
    error: `Field x has no names, or more than ${MOST_VALUES}.`,
    params: { reason: "wrong-dimension" },
  });

export type RvflEvent = z.infer<typeof event>;
export type Given = NonNullable<RvflEvent["x"]>;
export type Label = string | number;

function sized(names: number): boolean {
  return names > 0 && names <= MOST_VALUES;
}

export function labelOf({ y }: RvflEvent): Label | null {
  return y === undefined ? null : typeof y === "boolean" ? String(y) : y;
}

export function idOf({ id }: RvflEvent): string | null {
  return id === undefined ? null : String(id);
}
