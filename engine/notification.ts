import type { Severity, Signal } from "./signal.ts";

/** What a notification is about, as its episode was opened: routes, groups and targets' own keys come from it. */
export interface About {
  readonly monitor: string;
  readonly detector: string;
  /** Null: several keys, told as one. */
  readonly key: string | null;
  readonly kind: string;
  readonly severity: Severity;
}

export const PHASES = ["opened", "updated", "acknowledged", "resolved"] as const;
/** `reminder`: what a signal asked to deliver, of no episode. */
export type Phase = (typeof PHASES)[number] | "reminder" | "test";

/** A body tells what happened in the signal's own form; of these fields a channel that writes prose makes use. */
export type Told = Pick<Signal, "id" | "kind" | "severity" | "time" | "summary"> & Partial<Signal> & Partial<Digest>;

/** Many alarms of one monitor, told as one. */
export interface Digest {
  readonly alarms: number;
  /** The first of them. */
  readonly members: readonly {
    readonly episode: string | null;
    readonly key: string;
    readonly kind: string;
    readonly severity: Severity;
    readonly summary: string;
  }[];
}

export function readBody(body: string): Told {
  return JSON.parse(body) as Told;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return RANK[severity] >= RANK[least];
}

export function worst(severities: readonly Severity[]): Severity {
  return severities.reduce((a, b) => (isAtLeast(a, b) ? a : b), "info");
}
