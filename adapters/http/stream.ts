import type { ServerResponse } from "node:http";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Context } from "./context.ts";
import { createListener, type Listener } from "./listener.ts";
import type { Overviews } from "./overview.ts";

export interface Streams {
  /** Throws BUSY before anything is written. */
  add(lastEventId: string | undefined): (response: ServerResponse) => void;
  count(): number;
  close(): void;
}

export interface StreamSettings {
  readonly most: number;
  readonly overviewMs: number;
  readonly beatMs: number;
  /** At least so long between two looks for new signals, and between two words of change. */
  readonly restMs: number;
}

export const STREAM_SETTINGS: StreamSettings = { most: 100, overviewMs: 1_000, beatMs: 15_000, restMs: 100 };

const SIGNALS_A_PAGE = 50;
const RETRY_MS = 1_000;

/**
 * Server-sent events. Each listener reads the store by its own cursor, at its own pace: nothing is queued for it, so a
 * slow one costs one page of signals, and a resumed one misses none.
 */
export function createStreams(context: Context, overviews: Overviews, settings = STREAM_SETTINGS): Streams {
  const { store, log } = context;
  const listeners = new Set<Listener>();
  /** Who was left out of a word of change gets it when it has caught up. */
  const owed = new Set<Listener>();
  let version = 0;
  const waiting: (() => void)[] = [];
  const timers: NodeJS.Timeout[] = [];

  const stopHearing = store.onChange(() => {
    version += 1;
    for (const resolve of waiting.splice(0)) resolve();
    for (const listener of listeners) owed.add(listener);
  });

  const follow = async (listener: Listener, lastEventId: string | undefined): Promise<void> => {
    let cursor = await placeOf(listener, lastEventId);
    while (listener.open) {
      const seen = version;
      const page = await patiently(listener, () =>
        store.signals({ limit: SIGNALS_A_PAGE, ...(cursor === undefined ? {} : { after: cursor }) }),
      );
      if (!page) return;
      for (const [i, signal] of page.items.entries()) {
        cursor = page.cursors[i];
        await listener.send("signal", JSON.stringify(signal), cursor);
      }
      if (page.next !== null) continue;
      if (version === seen) await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), listener.gone]);
      await Promise.race([rest(settings.restMs), listener.gone]);
    }
  };

  /** Behind what the reader has seen; without a word of it, behind the newest. */
  const placeOf = async (listener: Listener, lastEventId: string | undefined): Promise<string | undefined> => {
    if (lastEventId !== undefined && /^\d{1,18}$/.test(lastEventId)) return lastEventId;
    const newest = await patiently(listener, () => store.signals({ limit: 1, newest: true }));
    if (lastEventId !== undefined) await listener.send("reset", "{}");
    return newest?.cursors[0];
  };

  const patiently = async <T>(listener: Listener, ask: () => Promise<T>): Promise<T | null> => {
    while (listener.open) {
      try {
        return await ask();
      } catch (cause) {
        complain(cause);
        await Promise.race([rest(RETRY_MS), listener.gone]);
      }
    }
    return null;
  };

  // Once, not each second of a long outage; readers see the silence.
  let failing = false;
  const complain = (cause: unknown): void => {
    if (!failing) log.warn("the event stream cannot read the store; it goes on trying", { why: String(cause) });
    failing = true;
  };

  const tellOverview = async (): Promise<void> => {
    if (listeners.size === 0) return;
    const text = JSON.stringify(await overviews.overview(false));
    failing = false;
    for (const listener of listeners) listener.offer("monitors", text);
  };

  let telling = false;
  const start = (): void => {
    if (timers.length > 0) return;
    timers.push(
      setInterval(() => {
        if (telling) return;
        telling = true;
        tellOverview()
          .catch(complain)
          .finally(() => {
            telling = false;
          });
      }, settings.overviewMs),
      setInterval(() => {
        for (const listener of owed) if (listener.offer("change", "{}")) owed.delete(listener);
      }, settings.restMs),
      setInterval(() => {
        for (const listener of listeners) listener.beat();
      }, settings.beatMs),
    );
  };

  const stop = (): void => {
    for (const timer of timers.splice(0)) clearInterval(timer);
  };

  return {
    count: () => listeners.size,
    add(lastEventId) {
      if (listeners.size >= settings.most) throw new TidegaugeError("BUSY", { what: "open event streams" });
      return (response) => {
        const listener = createListener(response);
        listeners.add(listener);
        start();
        listener.gone.then(() => {
          listeners.delete(listener);
          owed.delete(listener);
          if (listeners.size === 0) stop();
        });
        void follow(listener, lastEventId);
      };
    },
    close() {
      stopHearing();
      stop();
      for (const listener of listeners) listener.close();
    },
  };
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
