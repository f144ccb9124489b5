import { type Bank, createBank } from "./bank.ts";
import type { Clock } from "./clock.ts";
import { TidegaugeError } from "./errors.ts";
import { guardModel } from "./guard-model.ts";
import { createHandOver } from "./hand-over.ts";
import { createJudge, type InHand } from "./judge.ts";
import { copyOf, freshMemory, withMemory, withoutMemory } from "./lane-memory.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import type { Monitor } from "./monitor.ts";
import { createPatience } from "./patience.ts";
import { createPending } from "./pending.ts";
import { createQueue } from "./queue.ts";
import { REFUSED_KEY } from "./refusals.ts";
import { blockEnd } from "./shared-promise.ts";
import { createSieve } from "./sieve.ts";
import type { RawRecord, RecordBatch } from "./source.ts";
import type { Station } from "./station.ts";
import type { CommandRecord, LaneName, Store } from "./store.ts";
import { createTenure } from "./tenure.ts";
import { traceOf } from "./trace.ts";

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

/** Dead letters keep up to 1 MiB each: so much at the most waits for a commit. */
const MOST_PENDING_BYTES = 8 * 2 ** 20;

export function createLane(monitor: Monitor, name: LaneName, context: LaneContext): Lane {
  const { store, meter, clock, log } = context;
  const { detector, counters } = monitor;
  const failed = (error: unknown, offset?: number): TidegaugeError => {
    const why = error instanceof Error ? oneLine(error) : String(error);
    const position = `${name.topic}[${name.partition}]@${offset ?? "-"}`;
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
  const tenure = createTenure(name, context, retrying);
  const sieve = createSieve(store, retrying);
  const handOver = monitor.gather && createHandOver(monitor, monitor.gather, name, context, retrying);
  let cursor: RecordBatch["cursor"];
  let committedMemory = freshMemory();
  let sinceCommit = 0;
  let failure: TidegaugeError | null = null;
  let closed = false;
  let topicId = "";
  const inHand: InHand = { pending: createPending(guarded, name, topicId), memory: copyOf(committedMemory) };
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
    inHand.pending = createPending(guarded, name, topicId);
    inHand.memory = copyOf(committedMemory);
    sieve.clear();
    sinceCommit = 0;
    tenure.rewind();
    handOver?.rewind(committedMemory.handed);
    oldestPending = null;
  };

  const halt = (error: TidegaugeError): never => {
    failure = error;
    forget();
    log.error(error.message, { code: error.code, monitor: name.monitor, topic: name.topic, partition: name.partition });
    throw error;
  };

  const { judge, judgeAgain } = createJudge({
    monitor,
    model,
    bank,
    sieve,
    handOver,
    inHand,
    suffix,
    clock,
    meter,
    retrying,
    halt,
    failed,
  });

  const commit = async (commands: readonly number[]): Promise<void> => {
    if (!tenure.claimed() || tenure.next() === null) return;
    const { pending, memory } = inHand;
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
    inHand.pending.bytes() >= MOST_PENDING_BYTES;
  const dirty = (): boolean =>
    tenure.next() !== tenure.committed().nextOffset || bank.dirtyCount() > 0 || inHand.pending.size() > 0;

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
      const to = await judge(claimed.lane, records, from, most);
      if (!monitor.gathered) counters.consumed += to - from;
      tenure.moveTo(records[to - 1]!.offset + 1);
      sinceCommit += to - from;
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
        const { pending, memory } = inHand;
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
        const again = await judgeAgain(tenure.claimed()!.lane, restore ? letters.map(restore) : letters, next);
        for (const letter of letters) inHand.pending.replayed(letter.sequence, again.get(letter.offset) ?? null);
        await commit([]);
        return true;
      }),
    finish: () =>
      orHalt(async () => {
        const next = tenure.next();
        if (failure || closed || !tenure.claimed() || next === null || !model.finish) return;
        for (const entry of bank.entries()) {
          inHand.pending.finish(entry, model.finish(entry.state), next);
          bank.touch(entry, clock.now());
        }
        await commit([]);
      }),
    schemaChanged: () => inHand.memory.refusals.open.some(({ episode }) => episode.state === "open"),
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
