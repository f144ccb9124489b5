import type { Entry } from "./bank.ts";
import type { Decoded } from "./decode.ts";
import type { Model, Outcome, StepItem } from "./detector.ts";
import type { KeyHeader } from "./key-header.ts";
import { createRecentIds, keepId, knowsId, packIds, type RecentIds, unpackIds } from "./recent-ids.ts";

/** Steps a lane's events in stream order, in waves in which each key stands once. */
export interface Waves {
  /** One outcome per event. `retrying` calls again what threw a retryable error: the model has changed nothing then. */
  step(
    entries: readonly Entry[],
    events: readonly Decoded[],
    prepared: readonly unknown[] | null,
    retrying: <T>(work: () => Promise<T>) => Promise<T>,
    promise?: number,
  ): Promise<readonly Outcome[]>;
  /** Index of the newest event in hand: near where a step failed. */
  at(): number;
}

export interface WaveLimits {
  /** How late an event may be against its key's newest; null: nothing is late. */
  readonly allowedLatenessMs: number | null;
  /** An event whose id one of the key's newest so many accepted ones had is passed over; absent: ids are not looked at. */
  readonly dedupe?: number | undefined;
}

export function createWaves(model: Model, { allowedLatenessMs, dedupe }: WaveLimits): Waves {
  let wave = 0;
  let at = 0;
  const breathe = createBreath();

  const isLate = ({ header }: Entry, { time }: Decoded): boolean =>
    allowedLatenessMs !== null && time !== null && header.time !== null && time < header.time - allowedLatenessMs;

  return {
    async step(entries, events, prepared, retrying, promise) {
      const outcomes: Outcome[] = [];
      let items: StepItem<unknown, unknown>[] = [];
      let slots: number[] = [];
      const take = (results: readonly Outcome[]): Promise<void> | undefined => {
        for (let j = 0; j < slots.length; j++) {
          const slot = slots[j]!;
          const outcome = results[j]!;
          outcomes[slot] = outcome;
          if (outcome.reject) continue;
          keepTime(entries[slot]!, events[slot]!);
          remember(entries[slot]!, events[slot]!, dedupe);
        }
        items = [];
        slots = [];
        wave++;
        return breathe();
      };
      // Nothing is awaited that is no promise: where one key comes alone each event is a wave.
      const flush = (): Promise<void> | undefined => {
        if (items.length === 0) return undefined;
        const together = items;
        const first = model.step(together);
        if (!(first instanceof Promise)) return take(first);
        let made: typeof first | null = first;
        return retrying(async () => {
          const now = made ?? model.step(together);
          made = null;
          return now;
        }).then(take);
      };
      for (let i = 0; i < events.length; i++) {
        const entry = entries[i]!;
        const { event, time } = events[i]!;
        if (entry.wave === wave) {
          const waiting = flush();
          if (waiting !== undefined) await waiting;
        }
        at = i;
        if (dedupe !== undefined && isKnown(entry, events[i]!, dedupe)) {
          outcomes[i] = DUPLICATE;
          continue;
        }
        if (isLate(entry, events[i]!)) {
          outcomes[i] = LATE;
          continue;
        }
        entry.wave = wave;
        const item = { state: entry.state, event, time, prepared: prepared?.[i] };
        items.push(promise === undefined ? item : { ...item, promise });
        slots.push(i);
      }
      await flush();
      return outcomes;
    },
    at: () => at,
  };
}

/** Longest work at a stretch: then timers, connections and requests have their turn. */
const BREATH_MS = 20;
const MOST_UNLOOKED = 256;

/** Lets go of the thread once a stretch is over; the clock is looked at seldom where waves are short. */
function createBreath(): () => Promise<void> | undefined {
  let last = performance.now();
  let stride = 1;
  let left = 1;
  return () => {
    if (--left > 0) return undefined;
    const over = performance.now() - last >= BREATH_MS;
    stride = over ? Math.max(1, stride >> 1) : Math.min(MOST_UNLOOKED, stride * 2);
    left = stride;
    if (!over) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        last = performance.now();
        resolve();
      });
    });
  };
}

function keepTime({ header }: Entry, { time }: Decoded): void {
  if (time !== null && (header.time === null || time > header.time)) header.time = time;
}

function isKnown({ header }: Entry, { id }: Decoded, most: number): boolean {
  if (id === null || header.ids === null) return false;
  header.ids = sized(header, most);
  return knowsId(header.ids, id);
}

function remember({ header }: Entry, { id }: Decoded, most: number | undefined): void {
  if (most === undefined) {
    if (header.ids !== null) header.ids = null;
    return;
  }
  if (id === null) return;
  header.ids = sized(header, most);
  keepId(header.ids, id);
}

/** The number may have been configured anew since they were stored. */
function sized({ ids }: KeyHeader, most: number): RecentIds {
  if (ids === null) return createRecentIds(most);
  return ids.most === most ? ids : unpackIds(packIds(ids), most);
}

/** It leaves no trace. */
export const DUPLICATE: Outcome = Object.freeze({ ratio: 0, signals: [] });

const LATE: Outcome = Object.freeze({
  ratio: 0,
  signals: [],
  reject: { reason: "late" as const, detail: "The event is older than its key's newest by more than allowedLateness." },
});
