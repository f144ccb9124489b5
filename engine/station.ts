import type { DeadLetterRecord } from "./dead-letters.ts";
import type { TidegaugeError } from "./errors.ts";
import type { RecordBatch } from "./source.ts";
import type { LaneClaim, LaneName } from "./store.ts";

/** What takes the records of one monitor on one partition, in order: a lane, or the stage that writes them keyed anew. */
export interface Station {
  readonly name: LaneName;
  /** Where it begins without a stored position. */
  readonly from: "earliest" | "latest";
  claim(identity: string | null): Promise<LaneClaim>;
  /** Next offset to process. Null before the first record of a station without a stored position. */
  position(): number | null;
  committed(): { readonly nextOffset: number | null; readonly at: number | null };
  /** Since the last commit, or before the first one since the claim. */
  sinceCommitMs(): number;
  /** The stream's at the first claim, where the source knows one. */
  identity(): string | null;
  startAt(offset: number): void;
  process(batch: RecordBatch): Promise<void>;
  /** Commits if something is pending and it is time (or `now`). */
  checkpoint(now: boolean): Promise<void>;
  /**
   * Its dead letters are fed again, by a lane in one commit with what came of them. False: there is no need to come back
   * at once for more.
   */
  replay(letters: readonly DeadLetterRecord[]): Promise<boolean>;
  /** A change of schema is told and neither over nor acknowledged. Absent: it refuses no records. */
  schemaChanged?(): boolean;
  /** Why it stopped for good, or null. */
  error(): TidegaugeError | null;
  /** Writes and waits for nothing more, not even for the store; resolves once the work in hand has ended. */
  drop(): Promise<void>;
}
