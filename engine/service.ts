import type { Clock } from "./clock.ts";
import { TidegaugeError } from "./errors.ts";
import { createIntake, type PartitionIntake } from "./intake.ts";
import type { Lane } from "./lane.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import type { Monitor } from "./monitor.ts";
import { REFUSED_KEY } from "./refusals.ts";
import type { Source } from "./source.ts";
import type { Station } from "./station.ts";
import type { CommandRecord, Store } from "./store.ts";

/** A source and the monitors that read it. */
export interface Feed {
  readonly source: Source;
  readonly monitors: readonly Monitor[];
  /** Which of them listen to a topic of this source. */
  monitorsOf(topic: string): readonly Monitor[];
}

export interface Service {
  /** Starts every feed; resolves when all have started to run. */
  start(): Promise<void>;
  /** Resolves when every feed with an end has reached it and was committed; rejects with the first feed's failure. */
  ended(): Promise<void>;
  /** Stop fetching, finish the batch, commit, leave. */
  stop(): Promise<void>;
  /** Keys without events since then leave the memory: the store is about to forget them. */
  rest(before: number): Promise<void>;
  onCommit(listener: () => void): () => void;
  /** New commands may be there. */
  poke(): void;
  feeds(): readonly RunningFeed[];
}

export interface RunningFeed extends Feed {
  readonly intake: PartitionIntake;
  readonly state: "starting" | "running" | "ended" | "halted";
  readonly error: TidegaugeError | null;
}

export interface ServiceContext {
  readonly run: string;
  readonly store: Store;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
  /** What is no known error is a mistake of ours: unless tests take it, it ends the process where people see it. */
  readonly crash?: (error: unknown) => void;
  /** How long stop() waits for the store. Default 10 s. */
  readonly stopPatienceMs?: number;
}

const TICK_MS = 100;
const POSITIONS_EVERY_MS = 5000;
const COMMANDS_EVERY_MS = 1000;
const REPLAYED_AT_A_TIME = 64;
const STOP_PATIENCE_MS = 10_000;
/** Fenced once, a state may have been erased under us; twice within this, another member reads the same stream. */
const FENCED_AGAIN_MS = 60_000;
const CLAIM_AGAIN_MS = 1000;

/** Runs feeds over one store: the engine as a whole, without HTTP, metrics or a command line. */
export function createService(feeds: readonly Feed[], context: ServiceContext): Service {
  const { store, clock, log } = context;
  const crash = context.crash ?? crashLoudly;
  const listeners = new Set<() => void>();
  const running = feeds.map((feed) => open(feed));
  let timer: NodeJS.Timeout | null = null;
  let lastPositions = 0;
  let lastCommands = 0;
  const looking = new Set<Station>();
  let commanding: Promise<void> | null = null;
  let stopping: Promise<void> | null = null;

  function open(feed: Feed) {
    const intake = createIntake(feed.monitorsOf, { ...context, onCommit: tell }, (p, next) =>
      feed.source.committed?.(p, next),
    );
    const state = {
      ...feed,
      intake,
      state: "starting" as RunningFeed["state"],
      error: null as TidegaugeError | null,
      run: Promise.resolve(),
    };
    return state;
  }

  function tell(wrote: { signals: number; notifications: number }): void {
    if (wrote.signals + wrote.notifications > 0) for (const listener of listeners) listener();
  }

  const runFeed = async (feed: (typeof running)[number]): Promise<void> => {
    for (let fencedAt = Number.NEGATIVE_INFINITY; ; ) {
      feed.state = "running";
      try {
        await feed.source.run(feed.intake);
        await feed.intake.flush();
        feed.state = "ended";
        return;
      } catch (error) {
        const known = error instanceof TidegaugeError;
        const fenced = known && error.code === "FENCED" && feed.source.again === true && stopping === null;
        if (fenced && clock.now() - fencedAt > FENCED_AGAIN_MS) {
          fencedAt = clock.now();
          log.warn(`${error.message} It is claimed once more.`, { source: feed.source.description });
          await clock.sleep(CLAIM_AGAIN_MS);
          if (stopping === null) continue;
        }
        feed.state = "halted";
        if (!known) {
          crash(error);
          throw error;
        }
        feed.error = error;
        log.error(error.message, { code: error.code, source: feed.source.description });
        throw error;
      }
    }
  };

  /** They do not wait for each other: one may be busy, or have much to write. */
  const tick = (): void => {
    const now = clock.now();
    for (const station of stations()) {
      if (looking.has(station)) continue;
      looking.add(station);
      void station
        .checkpoint(false)
        .catch(warn)
        .finally(() => looking.delete(station));
    }
    if (now - lastCommands >= COMMANDS_EVERY_MS && commanding === null) {
      lastCommands = now;
      commanding = applyCommands()
        .catch(warn)
        .finally(() => {
          commanding = null;
        });
    }
    if (now - lastPositions >= POSITIONS_EVERY_MS) {
      lastPositions = now;
      reportPositions();
    }
  };

  const warn = (error: unknown): void => {
    if (error instanceof TidegaugeError) log.warn(error.message, { code: error.code });
    else crash(error);
  };

  function* stations(): Iterable<Station> {
    for (const feed of running) yield* feed.intake.stations();
  }

  function* lanes(): Iterable<Lane> {
    for (const feed of running) yield* feed.intake.lanes();
  }

  const applyCommands = async (): Promise<void> => {
    for (const command of await store.pendingCommands(context.run)) await applyOne(command);
    await feedAgain();
  };

  /** A few at a time: each may hold 1 MiB. Those of partitions that others own are theirs to feed. */
  const feedAgain = async (): Promise<void> => {
    const asked = await store.lanesAsked(context.run);
    if (asked.length === 0) return;
    for (const station of stations()) {
      const { monitor, topic, partition } = station.name;
      if (!asked.some((a) => a.monitor === monitor && a.topic === topic && a.partition === partition)) continue;
      let more = true;
      while (more && stopping === null)
        more = await station.replay(await store.pendingReplays(station.name, REPLAYED_AT_A_TIME));
    }
  };

  const applyOne = async (command: CommandRecord): Promise<void> => {
    for (const lane of lanes()) {
      if (lane.name.monitor === command.monitor && (await lane.command(command))) return;
    }
    if (command.key === REFUSED_KEY) {
      const episode = command.episode === null ? null : await store.episode(command.episode);
      if (episode === null || episode.state === "closed") await store.discardCommand(command.id);
      return;
    }
    // Nobody's: a key that does not exist anywhere. Another member's keys are left to it.
    if ((await store.key(command.run, command.monitor, command.key)) === null) await store.discardCommand(command.id);
  };

  const reportPositions = (): void => {
    for (const feed of running) {
      if (!feed.source.committed) continue;
      const lowest = new Map<string, { topic: string; partition: number; next: number }>();
      for (const station of feed.intake.stations()) {
        const next = station.committed().nextOffset;
        if (next === null) continue;
        const { topic, partition } = station.name;
        const known = lowest.get(`${topic}/${partition}`);
        if (!known || next < known.next) lowest.set(`${topic}/${partition}`, { topic, partition, next });
      }
      for (const { topic, partition, next } of lowest.values()) feed.source.committed({ topic, partition }, next);
    }
  };

  return {
    async start() {
      for (const feed of running) {
        feed.run = runFeed(feed);
        feed.run.catch(() => undefined);
      }
      timer = setInterval(tick, TICK_MS);
    },
    async ended() {
      await Promise.all(running.map((f) => f.run));
    },
    stop() {
      stopping ??= (async () => {
        if (timer) clearInterval(timer);
        let patience: NodeJS.Timeout | undefined;
        const lost = new Promise<void>((resolve) => {
          patience = setTimeout(() => {
            log.warn("the store does not answer: what was not committed will be read again");
            for (const feed of running) feed.intake.abandon();
            resolve();
          }, context.stopPatienceMs ?? STOP_PATIENCE_MS);
        });
        await Promise.all(running.map((f) => f.source.stop()));
        await Promise.allSettled(running.map((f) => f.run));
        for (const feed of running) await feed.intake.close();
        await Promise.race([commanding, lost]);
        clearTimeout(patience);
        for (const feed of running) for (const m of feed.monitors) m.model.close?.();
      })();
      return stopping;
    },
    async rest(before) {
      for (const lane of lanes()) await lane.rest(before);
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    poke() {
      lastCommands = 0;
    },
    feeds: () => running,
  };
}

function crashLoudly(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
