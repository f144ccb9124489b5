import { z } from "zod";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const one = z.strictObject({
  period: z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/, 'must be a duration like "24h", "7d", "90m"')
    .refine((text) => millisecondsOf(text) >= 1, { error: "must be at least 1ms" })
    .describe('Its length: "24h", "7d", "90m".'),
});

const MOST = 3;

export const season = z
  .union([one, z.array(one).min(1).max(MOST)])
  .nullable()
  .default(null)
  .describe(
    "Seasons that are normal, by event time (UTC): { period: 24h }, or a list of up to three such as day and week. Events without a time are then rejected. The reference must cover each, twice or more to keep the promise.",
  );

/** Periods in ms, shortest first, each once. */
export function periodsOf(declared: z.infer<typeof season>): readonly number[] {
  if (declared === null) return [];
  const list = Array.isArray(declared) ? declared : [declared];
  return [...new Set(list.map(({ period }) => millisecondsOf(period)))].sort((a, b) => a - b);
}

function millisecondsOf(text: string): number {
  const [, count, unit] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  return Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
}
