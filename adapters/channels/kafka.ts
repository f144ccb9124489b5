import type { Channel } from "../../engine/dispatch.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { CLOUD_EVENT_TYPE, cloudEvent, partitionKey } from "./cloud-event.ts";

/** What the channel needs of a Kafka client: resolves when every in-sync replica has the record. */
export interface RecordSender {
  send(record: KafkaRecord): Promise<void>;
}

export interface KafkaRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaChannelSettings {
  readonly name: string;
  readonly topic: string;
  readonly sender: RecordSender;
  readonly timeoutMs?: number;
}

/**
 * CloudEvents in structured mode on a topic, one record for one notification: a send reaches one partition, so it is there
 * or it is not. The key is monitor and key: what is told of one key is in order.
 */
export function createKafkaChannel({ name, topic, sender, timeoutMs = 10_000 }: KafkaChannelSettings): Channel {
  return {
    name,
    async deliver(notification, stop) {
      const record = {
        topic,
        key: partitionKey(notification.about),
        value: cloudEvent(notification),
        headers: { "content-type": CLOUD_EVENT_TYPE, "tidegauge-phase": notification.phase },
      };
      try {
        await within(sender.send(record), timeoutMs, stop);
        return { kind: "delivered" };
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        return {
          kind: "retry",
          afterMs: null,
          error: new TidegaugeError("TARGET_UNREACHABLE", { target: name, why }).message,
        };
      }
    },
  };
}

/** A late answer is a failed try: the record may be there, and comes again under the same id. */
async function within(work: Promise<void>, ms: number, stop: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let cut = (): void => {};
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RangeError(`no answer in ${ms} ms`)), ms);
    cut = () => reject(new RangeError("the service stops"));
    stop.addEventListener("abort", cut, { once: true });
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", cut);
    work.catch(() => undefined);
  }
}
