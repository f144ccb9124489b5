/** What a detector says, and the form in which everything outside hears it. */

export type Severity = "info" | "warning" | "critical";

/** When a change began, as indices of the key's accepted events: the estimate and its 90 % interval. */
export interface Onset {
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

/** What a detector returns: plain data, no identity yet. The engine adds who, where and when. */
export interface SignalDraft {
  /** One of the kinds that the detector declares. */
  readonly kind: string;
  /** Defaults to the kind's declared severity. */
  readonly severity?: Severity;
  readonly onset: Onset | null;
  readonly statistic: number | null;
  readonly threshold: number | null;
  /** One sentence that a person understands. */
  readonly summary: string;
  /** The detector's own documented explanation: JSON data. */
  readonly explanation: Readonly<Record<string, unknown>>;
  /** For kinds that update or close an episode: the kind that opened it (default: every open one of the key). */
  readonly episodeOf?: string;
  /** A message for the monitor's reminders channels: sent once, of no episode. JSON data. */
  readonly deliver?: Readonly<Record<string, unknown>>;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** Decimal digits: offsets may pass 2^53. */
  readonly offset: string;
}

export const SIGNAL_VERSION = 1;

/** The public signal: the same in the backtest file, the store, the Kafka topic, webhooks and the page. */
export interface Signal {
  readonly id: string;
  readonly monitor: string;
  readonly detector: string;
  readonly key: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly index: number;
  /** RFC 3339, or null where the event carries no time. */
  readonly time: string | null;
  readonly position: Position;
  readonly onset: Onset | null;
  readonly statistic: number | null;
  readonly threshold: number | null;
  /** statistic / threshold: 1 or more is an alarm. */
  readonly score: number | null;
  readonly summary: string;
  readonly explanation: Readonly<Record<string, unknown>>;
  readonly version: number;
}
