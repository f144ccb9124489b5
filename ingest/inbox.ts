import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../engine/errors.ts";
import { type Log, silentLog } from "../engine/log.ts";
import type { Intake, PartitionId, Source } from "../engine/source.ts";
import type { Inbox } from "../engine/store.ts";

const BATCH_RECORDS = 4096;
const RETRY_MS = 1000;

export interface InboxSourceOptions {
  readonly inbox: Inbox;
  readonly monitor: string;
  /** Events that another member accepted are found by looking. Default 500. */
  readonly pollMs?: number;
  readonly log?: Log;
}

export interface InboxSource extends Source {
  /** Events were just appended: look now. */
  poke(): void;
}

/** HTTP events of a monitor, from the store's inbox: the offset is the sequence number. */
export function createInboxSource(options: InboxSourceOptions): InboxSource {
  const { inbox, monitor, pollMs = 500, log = silentLog } = options;
  const partition: PartitionId = { topic: `http:${monitor}`, partition: 0 };
  const stop = new AbortController();
  const bell = createBell();
  let trimTo = 0;
  let trimming = false;

  /** Null: the store does not answer; the events wait there. */
  async function read(from: number) {
    try {
      return await inbox.readInbox(monitor, from, BATCH_RECORDS);
    } catch (error) {
      if (!(error instanceof TidegaugeError && error.retryable)) throw error;
      log.warn("the inbox cannot be read; trying again", { monitor, error: error.message });
      return null;
    }
  }

  async function run(intake: Intake): Promise<void> {
    let next = (await intake.claim(partition, null)).nextOffset ?? 0;
    while (!stop.signal.aborted) {
      const events = await read(next);
      const last = events?.at(-1);
      if (events === null) await sleep(RETRY_MS, undefined, { signal: stop.signal }).catch(() => {});
      else if (last === undefined) await bell.wait(pollMs);
      else {
        const records = events.map(({ sequence, body, time }) => ({ offset: sequence, key: null, value: body, time }));
        next = last.sequence + 1;
        intake.highWatermark(partition, next);
        await intake.deliver(partition, { records, nextOffset: next });
      }
    }
  }

  /** One at a time, to the newest position; a trim that fails is made up for by the next. */
  async function trim(): Promise<void> {
    trimming = true;
    for (let done = -1; done !== trimTo; ) {
      done = trimTo;
      await inbox
        .trimInbox(monitor, done)
        .catch((error: Error) => log.info("the inbox was not trimmed", { monitor, error: error.message }));
    }
    trimming = false;
  }

  return {
    description: `HTTP events of ${monitor}`,
    async partitionCount() {
      return 1;
    },
    run,
    again: true,
    async stop() {
      stop.abort();
      bell.ring();
    },
    committed(_, nextOffset) {
      trimTo = nextOffset;
      if (!trimming) void trim();
    },
    poke: () => bell.ring(),
  };
}

/** A ring before the wait is not lost. */
function createBell(): { ring(): void; wait(ms: number): Promise<void> } {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = null;
    },
  };
}
