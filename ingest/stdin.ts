import type { Readable } from "node:stream";
import { TidegaugeError } from "../engine/errors.ts";
import type { PartitionId, Source } from "../engine/source.ts";
import { LIMITS } from "./decode/json.ts";
import { createLineFeed } from "./line-feed.ts";

export interface StdinSourceOptions {
  /** Default: standard input. */
  readonly input?: Readable;
  /** Default: stdin. */
  readonly topic?: string;
  readonly maxLineBytes?: number;
}

/**
 * Lines of standard input as records. What was read and not committed is gone with the process: at most once. Offsets
 * go on from the stored position, so that two runs do not name different lines alike.
 */
export function createStdinSource(options: StdinSourceOptions = {}): Source {
  const input = options.input ?? process.stdin;
  const partition: PartitionId = { topic: options.topic ?? "stdin", partition: 0 };
  const stop = new AbortController();
  return {
    description: "standard input (at most once: it cannot be read again)",
    async partitionCount() {
      return 1;
    },
    async run(intake) {
      const claim = await intake.claim(partition, null);
      const first = claim.nextOffset ?? 0;
      const feed = createLineFeed({
        intake,
        partition,
        maxLineBytes: options.maxLineBytes ?? LIMITS.recordBytes,
        line: first,
        byte: 0,
        skipBelow: first,
        stopped: () => stop.signal.aborted,
      });
      const chunks = input.iterator() as AsyncIterator<Buffer | string>;
      for (;;) {
        const chunk = await nextChunk(chunks, stop.signal);
        if (stop.signal.aborted) return;
        if (chunk === null) break;
        await feed.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      }
      await feed.end();
      intake.highWatermark(partition, feed.line());
    },
    async stop() {
      stop.abort();
      // Ends the wait for more.
      input.destroy();
    },
  };
}

async function nextChunk(chunks: AsyncIterator<Buffer | string>, signal: AbortSignal): Promise<Buffer | string | null> {
  try {
    const { done, value } = await chunks.next();
    return done ? null : value;
  } catch (error) {
    if (signal.aborted) return null;
    throw new TidegaugeError("SOURCE_UNAVAILABLE", { source: "standard input", why: (error as Error).message }, error);
  }
}
