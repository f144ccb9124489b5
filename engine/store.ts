import type { DeadLetter, DeadLetters, Replayed } from "./dead-letters.ts";
import type { Inspection, Part } from "./detector.ts";
import type { Notification, Outbox } from "./outbox.ts";
import type { Onset, Position, Severity, Signal } from "./signal.ts";
import type { Cursor } from "./source.ts";

export type { DeadLetter, DeadLetterRecord } from "./dead-letters.ts";
export type { DeliveryOutcome, DueNotification, Notification, Outbox } from "./outbox.ts";

/**
 * The store port: position, states, signals, episodes, notifications and dead letters of a lane in one transaction.
 * A lane is one monitor on one partition of one stream; it has one owner, told by its epoch.
 */
export interface Store extends Records, DeadLetters, Outbox, Inbox, Commands, Upkeep {
  /** Ready for use: schema migrated. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Null when the store answers, else why not. */
  ping(): Promise<string | null>;

  /**
   * Remembers what the monitor's states were learnt with. What was stored is returned only when it differs (as JSON,
   * order of fields aside), for the caller to refuse; null: it was new or the same.
   */
  registerMonitor(run: string, monitor: MonitorRecord): Promise<{ readonly stored: MonitorRecord | null }>;
  /** Epoch + 1, and where to go on. Creates the lane on first sight. */
  claim(lane: LaneName, identity: string | null): Promise<LaneClaim>;
  /** States of the given keys that exist in this lane, in any order; the caller may write into the blobs. */
  loadStates(lane: number, keys: readonly string[]): Promise<readonly StoredState[]>;
  /**
   * All or nothing. Resolves `fenced` when epoch or position are no longer ours, or when a state and its parts were
   * erased or pruned under us (nothing written: drop memory and claim again), and
   * `foreign-key` with the key when a state belongs to another lane of the monitor. An unknown result of the commit is
   * resolved by reading the position. Rejects STORE_UNAVAILABLE (retryable) when nothing can be known.
   */
  commit(commit: Commit): Promise<CommitResult>;
}

export interface LaneName {
  /** The Kafka group for the live service, a replay's own id for a replay. */
  readonly run: string;
  readonly monitor: string;
  readonly topic: string;
  readonly partition: number;
}

export interface MonitorRecord {
  readonly monitor: string;
  readonly detector: string;
  /** Everything that changes what was learnt, as JSON. */
  readonly learntWith: Readonly<Record<string, unknown>>;
}

export interface LaneClaim {
  readonly lane: number;
  readonly epoch: number;
  readonly nextOffset: number | null;
  readonly cursor: Cursor | null;
  /** Identity of the stream at the first claim. */
  readonly identity: string | null;
}

export interface StoredState {
  readonly key: string;
  /** Engine header and the detector's running part, opaque here. */
  readonly blob: Uint8Array;
  /** In the order in which they were written. */
  readonly parts: readonly Part[];
}

export interface StateWrite {
  readonly key: string;
  readonly blob: Uint8Array;
  /** Hashes of all parts in order. */
  readonly parts: readonly string[];
  /** Those that this key's stored state does not have. The store keeps one copy per lane however many keys send one. */
  readonly newParts: readonly Part[];
  /** Hashes that this key's state no longer has; the last key to drop a part takes it along. */
  readonly dropParts: readonly string[];
  /** Beside the blob, for lists: accepted events, status, statistic/threshold, event time. */
  readonly events: number;
  readonly status: Inspection["status"];
  readonly ratio: number;
  readonly time: number | null;
}

export interface Commit {
  readonly lane: number;
  readonly epoch: number;
  /** What the position must be now (null: none yet). */
  readonly fromOffset: number | null;
  readonly nextOffset: number;
  readonly cursor: Cursor | null;
  readonly states: readonly StateWrite[];
  readonly signals: readonly Signal[];
  readonly episodes: readonly Episode[];
  readonly notifications: readonly Notification[];
  readonly deadLetters: readonly DeadLetter[];
  readonly series: readonly SeriesPoint[];
  /** Ids of commands applied at nextOffset. */
  readonly commands: readonly number[];
  /** Dead letters that were fed again; `fenced` unless each was still asked for. */
  readonly replayed?: readonly Replayed[];
}

export type CommitResult =
  | { readonly kind: "committed" }
  | { readonly kind: "fenced" }
  | { readonly kind: "foreign-key"; readonly key: string };

/** An alarm from its first signal until recovery. Written whole each time it changes; the last write wins. */
export interface Episode {
  readonly id: string;
  readonly monitor: string;
  readonly detector: string;
  readonly key: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly state: "open" | "acknowledged" | "closed";
  readonly opened: { readonly index: number; readonly time: string | null; readonly position: Position };
  /** Where the key stood when a person acknowledged it. */
  readonly acknowledged?: { readonly index: number; readonly time: string | null };
  readonly closed: {
    readonly index: number;
    readonly time: string | null;
    /** `forgotten`: its key's state was reset or aged out, so that nobody would ever have ended it. */
    readonly reason: "recovered" | "quiet" | "adapted" | "false-alarm" | "forgotten";
  } | null;
  readonly onset: Onset | null;
  /** Of the newest signal that carries one. */
  readonly summary: string;
  readonly explanation: Readonly<Record<string, unknown>>;
  readonly signals: number;
}

/** Highest statistic/threshold of a key over events [from, to]. */
export interface SeriesPoint {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** Event time of `to`, epoch milliseconds. */
  readonly time: number | null;
  readonly ratio: number;
}

// ---- reading ----

export interface Records {
  /** Oldest first, in commit order; `after` is an earlier answer's `next`. */
  signals(query: SignalQuery): Promise<SignalPage>;
  /** Newest first. */
  episodes(query: EpisodeQuery): Promise<Page<Episode>>;
  episode(id: string): Promise<Episode | null>;
  keys(query: KeyQuery): Promise<Page<KeyRecord>>;
  key(run: string, monitor: string, key: string): Promise<(StoredState & KeyRecord) | null>;
  /** Keys by status. */
  keyCounts(run: string, monitor: string): Promise<Readonly<Record<Inspection["status"], number>>>;
  /** Newest `limit` points, oldest first. */
  series(run: string, monitor: string, key: string, limit: number): Promise<readonly SeriesPoint[]>;
  /**
   * All kept points that meet events [from, to], oldest first. Where there are more than `most`, neighbours are told as
   * one: the span is cut into `most` even stretches, each with its highest ratio and its last time.
   */
  seriesSpan(
    run: string,
    monitor: string,
    key: string,
    span: { readonly from: number; readonly to: number },
    most: number,
  ): Promise<readonly SeriesPoint[]>;
  lanes(run: string): Promise<readonly LaneRecord[]>;
  /** Calls back (coalesced) after commits by any member that wrote signals, episodes or commands. */
  onChange(listener: () => void): () => void;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursors of signals, episodes and dead letters are decimal digits, of keys the last key; null: no more now. */
  readonly next: string | null;
}

export interface SignalPage extends Page<Signal> {
  /** One per item: what `after` takes to go on behind it, oldest first or newest first. Event streams resume by it. */
  readonly cursors: readonly string[];
}

export interface SignalQuery {
  readonly monitor?: string;
  readonly key?: string;
  readonly kind?: string;
  readonly after?: string;
  readonly limit: number;
  /** Newest first instead; `after` then goes back in time. */
  readonly newest?: boolean;
}

export interface EpisodeQuery {
  readonly monitor?: string;
  readonly key?: string;
  readonly state?: Episode["state"];
  readonly after?: string;
  readonly limit: number;
}

export interface KeyQuery {
  readonly run: string;
  readonly monitor: string;
  readonly status?: Inspection["status"];
  /** Substring of the key. */
  readonly search?: string;
  readonly after?: string;
  readonly limit: number;
}

export interface KeyRecord {
  readonly key: string;
  readonly partition: number;
  readonly events: number;
  readonly status: Inspection["status"];
  readonly ratio: number;
  readonly time: number | null;
}

export interface LaneRecord extends LaneName {
  readonly epoch: number;
  /** Of the stream, at the first claim. */
  readonly identity: string | null;
  readonly nextOffset: number | null;
  /** Wall clock of the last commit, epoch milliseconds. */
  readonly committedAt: number | null;
}

// ---- HTTP events in ----

export interface Inbox {
  /** Durable when resolved; one record per body, in order. */
  appendInbox(monitor: string, bodies: readonly Uint8Array[], time: number): Promise<void>;
  /** Sequence numbers ascend without gaps from 0 per monitor. */
  /** Up to `limit`, fewer where they are large: some if there are any. */
  readInbox(monitor: string, fromSequence: number, limit: number): Promise<readonly InboxRecord[]>;
  trimInbox(monitor: string, belowSequence: number): Promise<void>;
}

export interface InboxRecord {
  readonly sequence: number;
  readonly body: Uint8Array;
  readonly time: number;
}

// ---- commands of people ----

export interface Commands {
  addCommand(command: Omit<CommandRecord, "id">): Promise<number>;
  /** Not yet applied, oldest first. */
  pendingCommands(run: string): Promise<readonly CommandRecord[]>;
  /** For a command whose key does not exist. */
  discardCommand(id: number): Promise<void>;
}

export interface CommandRecord {
  readonly id: number;
  readonly run: string;
  readonly monitor: string;
  readonly key: string;
  readonly kind: "acknowledge" | "adapt" | "false-alarm";
  readonly episode: string | null;
  readonly note: string | null;
}

// ---- upkeep ----

export interface Upkeep {
  /** Gives back the room of what was rewritten lately, where the store does not do so by itself soon enough; every few seconds. */
  tidy(): Promise<void>;
  /**
   * Deletes what is older than its days (since written, by the store's clock; open episodes and waiting notifications
   * stay), and blanks what is older than textDays; returns rows deleted. Closes episodes whose key has no state any more,
   and enqueues what `ending` makes of each with it.
   */
  prune(policy: Retention, ending?: Ending): Promise<number>;
  /** Forgets a key everywhere (states, signals, episodes, series, notifications, dead letters by key). An owner must drop it first: it would write it back. Returns rows deleted. */
  erase(monitor: string, key: string): Promise<number>;
  /** Forgets a monitor's states and positions; signals stay, its open episodes are closed, and `ending` told of each. */
  reset(run: string, monitor: string, ending?: Ending): Promise<void>;
}

/** Who is to be told of an episode that was closed because its key was forgotten. */
export type Ending = (closed: Episode) => readonly Notification[];

export interface Retention {
  readonly signalDays: number;
  /** Example texts inside kept signals and closed episodes (clusters[].examples, medoids); null: as long as those. */
  readonly textDays?: number | null;
  readonly deadLetterDays: number;
  readonly idleKeyDays: number;
}
