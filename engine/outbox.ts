import type { About, Phase } from "./notification.ts";
import type { Page } from "./store.ts";

/** One thing to tell one channel; a delivery may repeat, always under this id and with this body. */
export interface Notification {
  readonly id: string;
  readonly episode: string | null;
  readonly signal: string;
  readonly channel: string;
  readonly phase: Phase;
  /** Null: a test alert, about nothing. */
  readonly about: About | null;
  /** JSON text. */
  readonly body: string;
}

export interface DueNotification extends Notification {
  /** This one included. */
  readonly attempts: number;
  readonly createdAt: number;
}

/** `folded`: told as part of another. `suppressed`: not to be told, with the reason. */
export type NotificationState = "waiting" | "delivered" | "dead" | "folded" | "suppressed";

export interface NotificationRecord extends DueNotification {
  readonly state: NotificationState;
  /** Of the last try, or why it was suppressed. */
  readonly error: string | null;
  readonly foldedInto: string | null;
  readonly finishedAt: number | null;
}

export type DeliveryOutcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly afterMs: number; readonly error: string }
  | { readonly kind: "dead"; readonly error: string }
  /** Not tried, due again later: the attempt does not count. */
  | { readonly kind: "held"; readonly afterMs: number }
  | { readonly kind: "suppressed"; readonly error: string };

export interface NotificationQuery {
  readonly channel?: string;
  readonly state?: NotificationState;
  readonly monitor?: string;
  readonly after?: string;
  readonly limit: number;
}

export interface Outbox {
  /**
   * Takes up to `limit` due notifications of one channel for `leaseMs`, oldest first; each is tried by one dispatcher at
   * a time, and none before an earlier one of its episode is done with. Counts the attempt. By channel, so that a slow
   * target holds up no other.
   */
  takeDue(channel: string, limit: number, leaseMs: number): Promise<readonly DueNotification[]>;
  finish(id: string, outcome: DeliveryOutcome): Promise<void>;
  outboxState(): Promise<{ readonly waiting: number; readonly dead: number; readonly oldestSeconds: number }>;
  /** A notification that no commit carries: the test alert. */
  enqueue(notification: Notification): Promise<void>;
  /** Dead ones become due again; returns how many. */
  redeliver(channel?: string): Promise<number>;
  /** Newest first. */
  notifications(query: NotificationQuery): Promise<Page<NotificationRecord>>;
  notification(id: string): Promise<NotificationRecord | null>;

  // ---- many alarms at once ----

  /** Monitors of which `least` or more openings wait that were not tried yet, the oldest of them since `waitMs` or longer. */
  crowded(channel: string, least: number, waitMs: number): Promise<readonly string[]>;
  /**
   * All openings of a monitor that wait and were not tried yet become one: `make` writes it, it is queued and they are
   * `folded` into it, at once or not at all. Returns how many.
   */
  fold(channel: string, monitor: string, make: (members: readonly Notification[]) => Notification): Promise<number>;
  /** Milliseconds since several openings of the monitor were last folded into one; null: never, as far as is known. */
  foldedAgo(channel: string, monitor: string): Promise<number | null>;
  /** What became of the opening of an episode on a channel. */
  openingOf(
    channel: string,
    episode: string,
  ): Promise<{ readonly state: NotificationState; readonly foldedInto: string | null } | null>;
  /** The end of a folded alarm is folded too; how many alarms the one holds, and how many of them have ended. */
  foldEnd(id: string, into: string): Promise<{ readonly members: number; readonly ended: number }>;
  /** An earlier opening about the same was told, or is about to be, not more than so long before this one came up. */
  precededWithin(id: string, ms: number): Promise<boolean>;
  /** Openings that wait untried while their end waits too: both are suppressed for this reason; returns how many. */
  cancelPairs(channel: string, reason: string): Promise<number>;
}
