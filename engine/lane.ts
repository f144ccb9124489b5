import { type Bank, createBank, type Entry } from "./bank.ts";
import type { Clock } from "./clock.ts";
import { bringSchemas, type Decoded } from "./decode.ts";
import type { Outcome } from "./detector.ts";
import { TidegaugeError } from "./errors.ts";
import { guardModel } from "./guard-model.ts";
import { createHandOver } from "./hand-over.ts";
import { copyOf, freshMemory, withMemory, withoutMemory } from "./lane-memory.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import type { Monitor } from "./monitor.ts";
import { createPatience } from "./patience.ts";
import { createPending, type Pending } from "./pending.ts";
import { createQueue } from "./queue.ts";
import { REFUSED_KEY, type Refused, type Said, weigh } from "./refusals.ts";
import type { Rejection } from "./rejection.ts";
import { blockEnd, note, promiseAt } from "./shared-promise.ts";
import { createSieve } from "./sieve.ts";
import type { RawRecord, RecordBatch } from "./source.ts";
import type { Station } from "./station.ts";
import type { CommandRecord, LaneName, Store } from "./store.ts";
import { createTenure } from "./tenure.ts";
import { traceOf } from "./trace.ts";
import { createWaves, DUPLICATE } from "./waves.ts";

/** One monitor on one partition: takes its records in order, keeps its states, commits both together. */
export interface Lane extends Station {
  readonly bank: Bank;
  /** True when the key was here and the command was committed. */
  command(command: CommandRecord): Promise<boolean>;
  /** The recorded stream has ended: each key in memory says its last words, and they are committed. */
  finish(): Promise<void>;
  /** Drops the states of keys without events since then (wall clock): the store is about to forget them. */
  rest(before: number): Promise<void>;
}

export interface LaneContext {
  readonly store: Store;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after each commit. */
  onCommit(wrote: { readonly signals: number; readonly notifications: number }): void;
}

/** Records handed to the detector in one go. */
const SLICE = 2048;

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
/** Dead letters keep up to 1 MiB each: so much at the most waits for a commit. */
const MOST_PENDING_BYTES = 8 * 2 ** 20;

export function createLane(monitor: Monitor, name: LaneName, context: LaneContext): Lane {
  const { store, meter, clock, log } = context;
  const { detector, counters } = monitor;
  const failed = (error: unknown, offset: number | string = "-"): TidegaugeError => {
    const why = error instanceof Error ? oneLine(error) : String(error);
    const position = `${name.topic}[${name.partition}]@${offset}`;
    return new TidegaugeError(
      "DETECTOR_FAILED",
      { detector: detector.name, monitor: name.monitor, position, why },
      error,
    );
  };
  const model = guardModel(monitor.model, failed);
  const { teacher } = monitor;
  const patience = createPatience(name.monitor, clock, log);
  const { retrying } = patience;
  const suffix = monitor.order === "none" ? `@${name.partition}` : "";
  const begin = teacher
    ? (key: string) => teacher.begin(key, key.slice(0, key.length - suffix.length))
    : (key: string) => model.init(key);
  const restore = monitor.rekey?.restore;
  const bank = createBank(detector, model, store, monitor.limits, begin);
  const guarded: Monitor = { ...monitor, model };
  const waves = createWaves(model, monitor);
  const tenure = createTenure(name, context, retrying);
  const sieve = createSieve(store, retrying);
  const handOver = monitor.gather && createHandOver(monitor, monitor.gather, name, context, retrying);
  let cursor: RecordBatch["cursor"];
  let memory = freshMemory();
  let committedMemory = memory;
  let sinceCommit = 0;
  let failure: TidegaugeError | null = null;
  let closed = false;
  let topicId = "";
  let pending: Pending = createPending(guarded, name, topicId);
  let oldestPending: number | null = null;

  // Records, commits and commands of a lane never interleave.
  const exclusive = createQueue();

  /** What no later try can mend halts the lane: going on would leave records out. */
  const orHalt = <T>(work: () => Promise<T>): Promise<T> =>
    exclusive(async () => {
      try {
        return await work();
      } catch (error) {
        if (!failure && error instanceof TidegaugeError && !error.retryable) halt(error);
        throw error;
      }
    });

  const forget = (): void => {
    bank.clear();
    pending = createPending(guarded, name, topicId);
    sieve.clear();
    sinceCommit = 0;
    tenure.rewind();
    memory = copyOf(committedMemory);
    handOver?.rewind(memory.handed);
    oldestPending = null;
  };

  const halt = (error: TidegaugeError): never => {
    failure = error;
    forget();
    log.error(error.message, { code: error.code, monitor: name.monitor, topic: name.topic, partition: name.partition });
    throw error;
  };

  const commit = async (commands: readonly number[]): Promise<void> => {
    if (!tenure.claimed() || tenure.next() === null) return;
    if (handOver) {
      memory.handed = await handOver.send();
      await handOver.adopt(bank);
    }
    const states = await bank.writes();
    const rows = pending.rows();
    try {
      await tenure.commit({
        cursor: withMemory(cursor, memory, monitor.shared !== undefined),
        states,
        ...rows,
        commands,
      });
    } catch (error) {
      if (error instanceof TidegaugeError && error.code === "FENCED") void drop();
      throw error;
    }
    bank.committed();
    committedMemory = copyOf(memory);
    sinceCommit = 0;
    if (oldestPending !== null) meter.eventToCommit(name.monitor, (clock.now() - oldestPending) / 1000);
    oldestPending = null;
    pending.committed();
    sieve.clear();
    context.onCommit({ signals: rows.signals.length, notifications: rows.notifications.length });
  };

  const due = (): boolean =>
    sinceCommit >= monitor.checkpoint.events ||
    tenure.sinceCommitMs() >= monitor.checkpoint.ms ||
    pending.bytes() >= MOST_PENDING_BYTES;
  const dirty = (): boolean =>
    tenure.next() !== tenure.committed().nextOffset || bank.dirtyCount() > 0 || pending.size() > 0;

  /** As many of them as the memory bears; where it stopped. */
  const slice = async (records: readonly RawRecord[], from: number, most: number): Promise<number> => {
    const promise = monitor.shared && promiseAt(monitor.shared, memory.ledger, records[from]!.offset);
    const refused: Refused[] = [];
    let said: Said | null = null;
    let open = memory.refusals.open;
    let at = 0;
    const refuse = (record: RawRecord, rejection: Rejection): void => {
      const again = record.origin?.again;
      if (again !== undefined) {
        sieve.refused(again);
        pending.replayed(again, rejection);
        return;
      }
      pending.reject(record, rejection);
      refused.push({ offset: record.offset, time: record.time, rejection });
    };
    if (restore) await sieve.ask(records, from, most);
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
    await decide(read, promise, refuse, sayUpTo);
    for (const again of sieve.accepted()) pending.replayed(again, null);
    sayUpTo(last);
    memory.refusals = { ...said!.refusals, open };
    if (!monitor.gathered) counters.consumed += to - from;
    tenure.moveTo(last + 1);
    sinceCommit += to - from;
    return to;
  };

  /** Decodes records, as far as `room` keys that are not in memory go, at least one. */
  const decode = async (
    records: readonly RawRecord[],
    from: number,
    most: number,
    room: number,
    refuse: (record: RawRecord, rejection: Rejection) => void,
  ): Promise<Read> => {
    const accepted: Decoded[] = [];
    const entries: (Entry | undefined)[] = [];
    const where: RawRecord[] = [];
    const keys = new Set<string>();
    await bringSchemas(monitor.beforeDecode, records, from, most, retrying);
    let to = from;
    while (to < most && keys.size < room) {
      const record = records[to++]!;
      if (!sieve.passes(record, memory.applied)) {
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
    { accepted, entries: known, where, keys }: Read,
    promise: number | undefined,
    refuse: (record: RawRecord, rejection: Rejection) => void,
    /** Called before what is at this offset is said, once all refusals are told. */
    before: (offset: number) => void = () => {},
  ): Promise<void> => {
    if (keys.size > 0) await retrying(() => bank.load(tenure.claimed()!.lane, [...keys]));
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
      if (error instanceof TidegaugeError && error.code !== "DETECTOR_FAILED") return halt(error);
      return halt(failed(error, where[waves.at()]?.offset));
    } finally {
      meter.update(name.monitor, detector.name, (performance.now() - started) / 1000);
      meter.batchSize(name.monitor, events.length);
    }
  };

  const book = (entry: Entry, event: Decoded, record: RawRecord, outcome: Outcome, now: number): void => {
    const open = entry.header.open.length;
    pending.accept(entry, event, record, outcome);
    if (outcome.handOver) handOver?.take(entry.key, { offset: record.offset, time: event.time }, outcome.handOver);
    if (monitor.shared) note(memory.ledger, event.time, Math.max(0, entry.header.open.length - open));
    bank.touch(entry, now);
  };

  const process = async (batch: RecordBatch): Promise<void> => {
    if (failure) throw failure;
    const claimed = tenure.claimed();
    if (closed || !claimed) throw new TidegaugeError("FENCED", { lane: name.monitor, epoch: claimed?.epoch ?? 0 });
    const records = restore ? batch.records.map(restore) : batch.records;
    const next = tenure.next();
    let from = 0;
    if (next !== null) while (from < records.length && records[from]!.offset < next) from++;
    if (from < records.length) cursor = batch.cursor ?? cursor;
    while (from < records.length) {
      const most = sliceEnd(records, from, monitor.shared !== undefined);
      const first = records[from]!;
      const oldest = first.time;
      const to = await slice(records, from, most);
      if (oldest !== null) {
        const event = `${name.topic}[${name.partition}]@${first.offset}`;
        const seconds = Math.max(0, clock.now() - oldest) / 1000;
        meter.eventToDecision(name.monitor, seconds, { event, trace: traceOf(first) });
        oldestPending = oldestPending === null ? oldest : Math.min(oldestPending, oldest);
      }
      from = to;
      if (bank.overfull() ? bank.dirtyCount() > 0 : due()) await commit([]);
      // What keys weigh is known once they were written.
      if (bank.overfull()) bank.evict();
    }
    if (batch.nextOffset > (tenure.next() ?? 0)) tenure.moveTo(batch.nextOffset);
  };

  const drop = (): Promise<void> => {
    closed = true;
    patience.giveUp();
    return exclusive(async () => {
      tenure.end();
      bank.clear();
    });
  };

  return {
    name,
    bank,
    from: monitor.rekey ? "earliest" : monitor.from,
    claim: (identity) =>
      orHalt(async () => {
        const claim = await tenure.claim(identity);
        topicId = claim.identity ?? "";
        const split = withoutMemory(claim.cursor);
        cursor = split.cursor ?? undefined;
        committedMemory = split.memory;
        await handOver?.begin(topicId, committedMemory.handed);
        forget();
        return { ...claim, cursor: split.cursor };
      }),
    position: tenure.next,
    committed: tenure.committed,
    sinceCommitMs: tenure.sinceCommitMs,
    identity: () => (topicId === "" ? null : topicId),
    startAt(offset) {
      if (tenure.next() === null) tenure.moveTo(offset);
    },
    process: (batch) => orHalt(() => process(batch)),
    checkpoint: (now) =>
      orHalt(async () => {
        if (failure || closed || !tenure.claimed() || !dirty() || !(now || due())) return;
        await commit([]);
      }),
    command: (command) =>
      orHalt(async () => {
        if (failure || closed || !tenure.claimed()) return false;
        if (command.key === REFUSED_KEY) {
          const open = pending.commandOnRefusals(memory.refusals.open, command);
          if (open === null) return false;
          memory.refusals = { ...memory.refusals, open };
          await commit([command.id]);
          return true;
        }
        const entry = await retrying(() => bank.find(tenure.claimed()!.lane, command.key));
        if (!entry) return false;
        pending.command(entry, command, tenure.next() ?? 0);
        bank.touch(entry, clock.now());
        await commit([command.id]);
        return true;
      }),
    replay: (letters) =>
      orHalt(async () => {
        const next = tenure.next();
        if (letters.length === 0 || failure || closed || !tenure.claimed() || next === null) return false;
        const promise = monitor.shared && promiseAt(monitor.shared, memory.ledger, next);
        const again = new Map<number, Rejection>();
        const refuse = ({ offset }: RawRecord, rejection: Rejection) => void again.set(offset, rejection);
        const read = await decode(
          restore ? letters.map(restore) : letters,
          0,
          letters.length,
          Number.POSITIVE_INFINITY,
          refuse,
        );
        await decide(read, promise, refuse);
        for (const letter of letters) pending.replayed(letter.sequence, again.get(letter.offset) ?? null);
        await commit([]);
        return true;
      }),
    finish: () =>
      orHalt(async () => {
        const next = tenure.next();
        if (failure || closed || !tenure.claimed() || next === null || !model.finish) return;
        for (const entry of bank.entries()) {
          pending.finish(entry, model.finish(entry.state), next);
          bank.touch(entry, clock.now());
        }
        await commit([]);
      }),
    schemaChanged: () => memory.refusals.open.some(({ episode }) => episode.state === "open"),
    rest: (before) => exclusive(async () => bank.evictIdle(before)),
    error: () => failure,
    drop,
  };
}

/** What went wrong and where in the program; people see it, so it stays a line. */
function oneLine(error: Error): string {
  const [what = error.message, where = ""] = (error.stack ?? "").split("\n");
  return `${what} ${where.trim()}`.trim();
}

/** Where keys share a promise, no slice crosses a place at which it changes. */
function sliceEnd(records: readonly RawRecord[], from: number, shared: boolean): number {
  const most = Math.min(records.length, from + SLICE);
  if (!shared) return most;
  const end = blockEnd(records[from]!.offset);
  let to = from + 1;
  while (to < most && records[to]!.offset < end) to++;
  return to;
}
