import type { Bank, Entry } from "./bank.ts";
import type { Clock } from "./clock.ts";
import { bringSchemas, type Decoded } from "./decode.ts";
import type { Model, Outcome } from "./detector.ts";
import { TidegaugeError } from "./errors.ts";
import type { HandOver } from "./hand-over.ts";
import type { LaneMemory } from "./lane-memory.ts";
import type { Meter } from "./meter.ts";
import type { Monitor } from "./monitor.ts";
import type { Patience } from "./patience.ts";
import type { Pending } from "./pending.ts";
import { type Refused, type Said, weigh } from "./refusals.ts";
import type { Rejection } from "./rejection.ts";
import { note, promiseAt } from "./shared-promise.ts";
import type { Sieve } from "./sieve.ts";
import type { RawRecord } from "./source.ts";
import { createWaves, DUPLICATE } from "./waves.ts";

/** What a lane has in hand since its last commit; replaced when it goes back to that. */
export interface InHand {
  pending: Pending;
  memory: LaneMemory;
}

/** Decodes a lane's records, steps their keys' states, and books what came of them. */
export interface Judge {
  /** Records [from, most) in their order, as many as the memory bears; where it stopped. `lane`: the store's number. */
  judge(lane: number, records: readonly RawRecord[], from: number, most: number): Promise<number>;
  /** Dead letters as events that come now, at offset `next` of the lane; why some are refused again, by their offsets. */
  judgeAgain(lane: number, letters: readonly RawRecord[], next: number): Promise<ReadonlyMap<number, Rejection>>;
}

export interface JudgeContext {
  readonly monitor: Monitor;
  readonly model: Model;
  readonly bank: Bank;
  readonly sieve: Sieve;
  readonly handOver: HandOver | undefined;
  readonly inHand: InHand;
  /** What keys are called here behind their names. */
  readonly suffix: string;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly retrying: Patience["retrying"];
  /** Stops the lane for good. */
  halt(error: TidegaugeError): never;
  /** What the detector's failure at this offset is called. */
  failed(error: unknown, offset: number | undefined): TidegaugeError;
}

interface Read {
  readonly accepted: readonly Decoded[];
  /** Of each its key's, where that is in memory. */
  readonly entries: (Entry | undefined)[];
  /** Where each stands. */
  readonly where: readonly RawRecord[];
  /** Those not in memory. */
  readonly keys: ReadonlySet<string>;
  /** The first that was not read. */
  readonly to: number;
}

type Refuse = (record: RawRecord, rejection: Rejection) => void;

export function createJudge(context: JudgeContext): Judge {
  const { monitor, model, bank, sieve, handOver, inHand, suffix, clock, meter, retrying } = context;
  const { counters, detector, shared } = monitor;
  const waves = createWaves(model, monitor);

  /** Decodes records, as far as `room` keys that are not in memory go, at least one. */
  const decode = async (
    records: readonly RawRecord[],
    from: number,
    most: number,
    room: number,
    refuse: Refuse,
  ): Promise<Read> => {
    const accepted: Decoded[] = [];
    const entries: (Entry | undefined)[] = [];
    const where: RawRecord[] = [];
    const keys = new Set<string>();
    await bringSchemas(monitor.beforeDecode, records, from, most, retrying);
    let to = from;
    while (to < most && keys.size < room) {
      const record = records[to++]!;
      if (!sieve.passes(record, inHand.memory.applied)) {
        counters.repeated++;
        continue;
      }
      const decoded = record.refused ?? monitor.decode(record);
      if (decoded === null) continue;
      if ("reason" in decoded) {
        refuse(record, decoded);
        continue;
      }
      const event = suffix === "" ? decoded : { ...decoded, key: decoded.key + suffix };
      accepted.push(event);
      where.push(record);
      const entry = bank.get(event.key);
      entries.push(entry);
      if (!entry) keys.add(event.key);
    }
    return { accepted, entries, where, keys, to };
  };

  /** Brings the keys, steps the events in waves in which each key stands once, and books what came of them. */
  const decide = async (
    lane: number,
    { accepted, entries: known, where, keys }: Read,
    promise: number | undefined,
    refuse: Refuse,
    /** Called before what is at this offset is said, once all refusals are told. */
    before: (offset: number) => void = () => {},
  ): Promise<void> => {
    if (keys.size > 0) await retrying(() => bank.load(lane, [...keys]));
    if (keys.size > 0) for (let i = 0; i < known.length; i++) known[i] ??= bank.get(accepted[i]!.key);
    const entries = known as readonly Entry[];
    const prepared = await prepare(entries, accepted);
    const outcomes = await stepAll(entries, accepted, prepared, where, promise);
    const now = clock.now();
    for (const [i, { reject }] of outcomes.entries()) if (reject) refuse(where[i]!, reject);
    for (let i = 0; i < accepted.length; i++) {
      const outcome = outcomes[i]!;
      if (outcome.reject) continue;
      if (outcome === DUPLICATE) {
        counters.duplicates++;
        continue;
      }
      before(where[i]!.offset);
      book(entries[i]!, accepted[i]!, where[i]!, outcome, now);
    }
  };

  const prepare = async (entries: readonly Entry[], events: readonly Decoded[]): Promise<readonly unknown[] | null> => {
    if (!model.prepare || events.length === 0) return null;
    const batch = events.map((e, i) => ({ state: entries[i]!.state, event: e.event, time: e.time }));
    return retrying(async () => model.prepare!(batch));
  };

  const stepAll = async (
    entries: readonly Entry[],
    events: readonly Decoded[],
    prepared: readonly unknown[] | null,
    where: readonly RawRecord[],
    promise: number | undefined,
  ): Promise<readonly Outcome[]> => {
    const started = performance.now();
    try {
      return await waves.step(entries, events, prepared, retrying, promise);
    } catch (error) {
      // Only a wait that was given up ends so: the states are dropped with the lane.
      if (error instanceof TidegaugeError && error.retryable) throw error;
      if (error instanceof TidegaugeError && error.code !== "DETECTOR_FAILED") return context.halt(error);
      return context.halt(context.failed(error, where[waves.at()]?.offset));
    } finally {
      meter.update(monitor.name, detector.name, (performance.now() - started) / 1000);
      meter.batchSize(monitor.name, events.length);
    }
  };

  const book = (entry: Entry, event: Decoded, record: RawRecord, outcome: Outcome, now: number): void => {
    const open = entry.header.open.length;
    inHand.pending.accept(entry, event, record, outcome);
    if (outcome.handOver) handOver?.take(entry.key, { offset: record.offset, time: event.time }, outcome.handOver);
    if (shared) note(inHand.memory.ledger, event.time, Math.max(0, entry.header.open.length - open));
    bank.touch(entry, now);
  };

  return {
    async judge(lane, records, from, most) {
      const { pending, memory } = inHand;
      const promise = shared && promiseAt(shared, memory.ledger, records[from]!.offset);
      const refused: Refused[] = [];
      let said: Said | null = null;
      let open = memory.refusals.open;
      let at = 0;
      const refuse: Refuse = (record, rejection) => {
        const again = record.origin?.again;
        if (again !== undefined) {
          sieve.refused(again);
          pending.replayed(again, rejection);
          return;
        }
        pending.reject(record, rejection);
        refused.push({ offset: record.offset, time: record.time, rejection });
      };
      if (monitor.rekey) await sieve.ask(records, from, most);
      const read = await decode(records, from, most, bank.room(), refuse);
      const { to } = read;
      const last = records[to - 1]!.offset;
      const sayUpTo = (offset: number): void => {
        // Those that the detector refused come after those that the decoder did.
        said ??= weigh(
          memory.refusals,
          refused.sort((one, two) => one.offset - two.offset),
          last + 1,
        );
        for (let one = said.says[at]; one !== undefined && one.offset <= offset; one = said.says[++at])
          open = pending.sayOfRefusals(open, one);
      };
      await decide(lane, read, promise, refuse, sayUpTo);
      for (const again of sieve.accepted()) pending.replayed(again, null);
      sayUpTo(last);
      memory.refusals = { ...said!.refusals, open };
      return to;
    },
    async judgeAgain(lane, letters, next) {
      const { memory } = inHand;
      const promise = shared && promiseAt(shared, memory.ledger, next);
      const again = new Map<number, Rejection>();
      const refuse: Refuse = ({ offset }, rejection) => void again.set(offset, rejection);
      const read = await decode(letters, 0, letters.length, Number.POSITIVE_INFINITY, refuse);
      await decide(lane, read, promise, refuse);
      return again;
    },
  };
}
