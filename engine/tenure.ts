import type { Clock } from "./clock.ts";
import { TidegaugeError } from "./errors.ts";
import type { Meter } from "./meter.ts";
import type { Patience } from "./patience.ts";
import type { Commit, LaneClaim, LaneName, Store } from "./store.ts";

/** What a commit carries beside whose it is and where it stands. */
export type CommitRows = Omit<Commit, "lane" | "epoch" | "fromOffset" | "nextOffset">;

/** A place in a stream that is ours from its claim on, until another takes it: what comes next, what is committed. */
export interface Tenure {
  /** Throws TOPIC_RECREATED when the stream is not the one of the first claim. */
  claim(identity: string | null): Promise<LaneClaim>;
  /** Null before the claim and after the end. */
  claimed(): LaneClaim | null;
  next(): number | null;
  moveTo(offset: number): void;
  committed(): { readonly nextOffset: number | null; readonly at: number | null };
  sinceCommitMs(): number;
  /**
   * Position and rows in one transaction, tried until the store answers. Throws FENCED (nothing was written) and
   * KEY_ON_TWO_PARTITIONS.
   */
  commit(rows: CommitRows): Promise<void>;
  /** Back to what is committed. */
  rewind(): void;
  end(): void;
}

export interface TenureContext {
  readonly store: Store;
  readonly meter: Meter;
  readonly clock: Clock;
}

export function createTenure(
  name: LaneName,
  { store, meter, clock }: TenureContext,
  retrying: Patience["retrying"],
): Tenure {
  const where = `${name.topic}[${name.partition}]`;
  let claimed: LaneClaim | null = null;
  let next: number | null = null;
  let committedOffset: number | null = null;
  let committedAt: number | null = null;
  let since = clock.now();

  return {
    async claim(identity) {
      claimed = await retrying(() => store.claim(name, identity));
      if (identity !== null && claimed.identity !== null && identity !== claimed.identity) {
        const { monitor, topic } = name;
        throw new TidegaugeError("TOPIC_RECREATED", { monitor, topic, stored: claimed.identity, now: identity });
      }
      committedOffset = claimed.nextOffset;
      next = committedOffset;
      return claimed;
    },
    claimed: () => claimed,
    next: () => next,
    moveTo(offset) {
      next = offset;
    },
    committed: () => ({ nextOffset: committedOffset, at: committedAt }),
    sinceCommitMs: () => clock.now() - since,
    async commit(rows) {
      const { lane, epoch } = claimed!;
      const write = { lane, epoch, fromOffset: committedOffset, nextOffset: next!, ...rows };
      const started = performance.now();
      const result = await retrying(() => store.commit(write));
      const seconds = (performance.now() - started) / 1000;
      if (result.kind === "fenced") {
        meter.commit(seconds, "fenced");
        throw new TidegaugeError("FENCED", { lane: `${name.monitor} on ${where}`, epoch });
      }
      if (result.kind === "foreign-key") {
        meter.commit(seconds, "failed");
        throw new TidegaugeError("KEY_ON_TWO_PARTITIONS", {
          monitor: name.monitor,
          key: result.key,
          where: `${where} and another`,
        });
      }
      meter.commit(seconds, "committed");
      committedOffset = write.nextOffset;
      committedAt = clock.now();
      since = committedAt;
    },
    rewind() {
      next = committedOffset;
    },
    end() {
      claimed = null;
    },
  };
}
