import type { Rejection } from "./rejection.ts";
import type { PartitionId, RecordHeader } from "./source.ts";
import type { LaneName, Page } from "./store.ts";

export interface DeadLetter extends Rejection {
  readonly offset: number;
  /** Where it stood before it was keyed anew; absent: its lane's. */
  readonly place?: PartitionId;
  readonly time: number | null;
  readonly key: Uint8Array | null;
  /** At most 1 MiB is kept. */
  readonly value: Uint8Array | null;
  /** Absent: none. */
  readonly headers?: readonly RecordHeader[];
  /** Topic that it goes to as well; absent: none. */
  readonly topicOut?: string;
}

/** `asked`: a person wants it fed again, and its partition's owner has not come to it. */
export const DEAD_LETTER_STATES = ["kept", "asked", "replayed"] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

export interface DeadLetterRecord extends Omit<DeadLetter, "topicOut" | "place"> {
  readonly sequence: number;
  readonly run: string;
  readonly monitor: string;
  readonly topic: string;
  readonly partition: number;
  readonly state: DeadLetterState;
}

export interface DeadLetterFilter {
  readonly monitor?: string;
  readonly reason?: Rejection["reason"];
  readonly topic?: string;
  readonly partition?: number;
  readonly state?: DeadLetterState;
}

/** What became of one that was fed again: null, it was accepted. */
export interface Replayed {
  readonly sequence: number;
  readonly rejection: Rejection | null;
}

/** Refused records: kept by the commit that passed over them, told on a topic, fed again when a person says so. */
export interface DeadLetters {
  /** Newest first. */
  deadLetters(
    query: DeadLetterFilter & { readonly after?: string; readonly limit: number },
  ): Promise<Page<DeadLetterRecord>>;
  /** Not fed again yet, by reason. */
  deadLetterCounts(monitor?: string): Promise<Readonly<Record<string, number>>>;
  deadLetterStates(filter: DeadLetterFilter): Promise<Readonly<Record<DeadLetterState, number>>>;
  /** Those that are kept and match are asked for; returns how many. */
  askReplay(run: string, filter: DeadLetterFilter): Promise<number>;
  /** Lanes of which some are asked for. */
  lanesAsked(run: string): Promise<readonly LaneName[]>;
  /** A lane's that are asked for, oldest first. */
  pendingReplays(lane: LaneName, limit: number): Promise<readonly DeadLetterRecord[]>;
  /** Which of these are asked for. */
  stillAsked(sequences: readonly number[]): Promise<readonly number[]>;
  /** Not told on their topic yet, oldest first, each for one taker during `leaseMs`. */
  takeTopicOut(limit: number, leaseMs: number): Promise<readonly TopicOut[]>;
  finishTopicOut(sequences: readonly number[]): Promise<void>;
}

export interface TopicOut {
  readonly letter: DeadLetterRecord;
  readonly topicOut: string;
}
