import { z } from "zod";
import type { Reference } from "./reference.ts";

/** Who said what normal is: the key's first events, a file, a person (`adapt`), or time (`adaptAfter`). */
export const ORIGINS = ["first-events", "file", "person", "adapt-after"] as const;
export type Origin = (typeof ORIGINS)[number];

const version = z.object({
  /** 1 for the key's first reference. */
  version: z.number(),
  origin: z.enum(ORIGINS),
  /** Indices of its first and last event; below 0 they came before the stream. */
  from: z.number(),
  to: z.number(),
  size: z.number(),
  /** Time of its last event, epoch milliseconds, where events have times. */
  until: z.number().nullable(),
});
const lineage = z.object({
  /** Where the reference that is being learnt comes from, or the present one came from. */
  origin: z.enum(ORIGINS),
  /** The last references, newest last; the present one is among them. */
  versions: z.array(version).readonly(),
});

export type ReferenceVersion = z.infer<typeof version>;
/** The references that a key has had. */
export type Lineage = z.infer<typeof lineage>;

const KEPT = 8;

export function beginLineage(origin: Origin): Lineage {
  return { origin, versions: [] };
}

/** With the reference that was just learnt. */
export function recordVersion({ origin, versions }: Lineage, reference: Reference, until: number | null): Lineage {
  const { from, to } = reference.facts;
  const next = { version: (versions.at(-1)?.version ?? 0) + 1, origin, from, to, size: reference.texts.length, until };
  return { origin, versions: [...versions, next].slice(-KEPT) };
}

export function saveLineage(kept: Lineage): string {
  return JSON.stringify(kept);
}

export function loadLineage(saved: string): Lineage {
  return lineage.parse(JSON.parse(saved));
}
