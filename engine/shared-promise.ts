/**
 * One promise over all keys of a monitor: how many events between false alarms a key is to keep at this point of the stream.
 *
 * days         at most one false alarm of each kind in so many days of event time, whatever the number of keys. A key's
 *              statistic grows by 1 an event on average, so all keys together raise (events a day) / A false alarms a day:
 *              A = days × events a day of all keys, by their rate of late (forgetting over a week).
 * discoveries  the expected share of false ones among the alarms of a stretch of W events (of all keys) is at most `rate`.
 *              A = W / (rate·(1 + D)), D = alarms of the stretch so far: e-LOND on e-detectors, over patience W.
 *              Why it holds, whatever the dependence between keys: at a false alarm 1/(D + 1) = A·rate/W, and A is not more
 *              than the statistic it was held against; statistics grow by 1 an event in the mean, so over a stretch the sum
 *              of what alarms take is at most W. Xu & Ramdas, Online multiple testing with e-values (2024), arXiv 2311.06412;
 *              Dandapanthula & Ramdas, Multiple testing in multi-stream sequential change detection (2025), arXiv 2501.04130
 *              (why a share needs a patience beside it).
 *
 * What it knows is of the stream up to the last multiple of `BLOCK` offsets: the same for any split into batches.
 */
export type SharedPromise =
  /** `lanes`: partitions of the source, each of which keeps its part. */
  | { readonly kind: "days"; readonly days: number; readonly lanes: () => number }
  | { readonly kind: "discoveries"; readonly rate: number; readonly events: number };

/** Offsets for which the promise stays the same. */
export const BLOCK = 256;

/** What a lane remembers; committed with its position, as JSON. */
export interface Ledger {
  /** offset / BLOCK of the events in `…Now`. */
  block: number;
  events: number;
  alarms: number;
  eventsNow: number;
  alarmsNow: number;
  /** Event time up to the last block, and now, epoch milliseconds. */
  time: number | null;
  timeNow: number | null;
  /** Events and the milliseconds in which they came, forgotten over a week. */
  recentEvents: number;
  recentMs: number;
}

export function freshLedger(): Ledger {
  return {
    block: -1,
    events: 0,
    alarms: 0,
    eventsNow: 0,
    alarmsNow: 0,
    time: null,
    timeNow: null,
    recentEvents: 0,
    recentMs: 0,
  };
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A promise shorter than this has no meaning for any detector. */
const LEAST = 100;

/** First offset after `offset` at which the promise may be another. */
export function blockEnd(offset: number): number {
  return (Math.floor(offset / BLOCK) + 1) * BLOCK;
}

/** Events between false alarms of a key, for events of the block of `offset`. Moves the ledger on. */
export function promiseAt(shared: SharedPromise, ledger: Ledger, offset: number): number {
  const block = Math.floor(offset / BLOCK);
  if (block !== ledger.block) roll(shared, ledger, block);
  if (shared.kind === "discoveries") return Math.max(LEAST, shared.events / (shared.rate * (1 + ledger.alarms)));
  if (!(ledger.recentMs > 0)) return Number.MAX_VALUE;
  return Math.max(LEAST, (shared.days * shared.lanes() * ledger.recentEvents * DAY_MS) / ledger.recentMs);
}

/** An accepted event, and how many alarms began with it. */
export function note(ledger: Ledger, time: number | null, alarms: number): void {
  ledger.eventsNow++;
  ledger.alarmsNow += alarms;
  if (time === null) return;
  ledger.time ??= time;
  if (ledger.timeNow === null || time > ledger.timeNow) ledger.timeNow = time;
}

function roll(shared: SharedPromise, ledger: Ledger, block: number): void {
  const passed = ledger.timeNow === null || ledger.time === null ? 0 : ledger.timeNow - ledger.time;
  const kept = Math.exp(-passed / WEEK_MS);
  ledger.recentEvents = ledger.recentEvents * kept + ledger.eventsNow;
  ledger.recentMs = ledger.recentMs * kept + passed;
  ledger.time = ledger.timeNow;
  ledger.events += ledger.eventsNow;
  ledger.alarms += ledger.alarmsNow;
  if (shared.kind === "discoveries" && ledger.events >= shared.events) {
    ledger.events = 0;
    ledger.alarms = 0;
  }
  ledger.eventsNow = 0;
  ledger.alarmsNow = 0;
  ledger.block = block;
}
