import { createHash } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { DeadLetterRecord, DeadLetters, TopicOut } from "./dead-letters.ts";
import type { Log } from "./log.ts";

/** Where records are written as they came; resolves when every in-sync replica has the record. */
export interface RawSender {
  send(record: {
    readonly topic: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: Readonly<Record<string, string | Buffer>>;
  }): Promise<void>;
}

const AT_A_TIME = 50;
/** Longer than a sender's own patience. */
const LEASE_MS = 60_000;
const POLL_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Dead letters on the topics that their monitors name: at least once, each time under the same `tidegauge-id`. The row that
 * the commit wrote is its own outbox. Returns how to stop.
 */
export function startTellingDeadLetters(
  letters: DeadLetters,
  sender: RawSender,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  let stopping = false;
  let wake = () => {};
  const run = async (): Promise<void> => {
    for (let wait = POLL_MS; !stopping; ) {
      let told = 0;
      try {
        told = await tellSome(letters, sender);
        wait = POLL_MS;
      } catch (error) {
        log.warn("dead letters cannot be told on their topic", { why: (error as Error).message, retryInMs: wait });
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
      if (told < AT_A_TIME && !stopping)
        await Promise.race([clock.sleep(wait), new Promise<void>((resolve) => (wake = resolve))]);
    }
  };
  const running = run();
  return async () => {
    stopping = true;
    wake();
    await running;
  };
}

async function tellSome(letters: DeadLetters, sender: RawSender): Promise<number> {
  const due = await letters.takeTopicOut(AT_A_TIME, LEASE_MS);
  const outcomes = await Promise.allSettled(due.map((one) => sender.send(recordOf(one))));
  const told = due.filter((_, i) => outcomes[i]!.status === "fulfilled");
  if (told.length > 0) await letters.finishTopicOut(told.map(({ letter }) => letter.sequence));
  const failed = outcomes.find((o) => o.status === "rejected");
  if (failed) throw failed.reason;
  return due.length;
}

/** Key, value and headers as they came; ours say whence and why. */
function recordOf({ letter, topicOut }: TopicOut) {
  const { key, value, headers = [], monitor, topic, partition, offset, reason, detail, time } = letter;
  const theirs = headers.flatMap(({ name, value: v }) => (v === null ? [] : [[name, Buffer.from(v)] as const]));
  return {
    topic: topicOut,
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: {
      ...Object.fromEntries(theirs),
      "tidegauge-id": idOf(letter),
      "tidegauge-monitor": monitor,
      "tidegauge-topic": topic,
      "tidegauge-partition": String(partition),
      "tidegauge-offset": String(offset),
      "tidegauge-reason": reason,
      "tidegauge-detail": detail,
      ...(time === null ? {} : { "tidegauge-time": new Date(time).toISOString() }),
    },
  };
}

function idOf({ run, monitor, topic, partition, offset }: DeadLetterRecord): string {
  const place = [run, monitor, topic, partition, offset].join("\u0000");
  return `dlq_${createHash("sha256").update(place).digest("hex").slice(0, 24)}`;
}
