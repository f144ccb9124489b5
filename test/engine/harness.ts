import { createMemoryStore } from "../../adapters/store/memory.ts";
import { type Clock, systemClock } from "../../engine/clock.ts";
import type { Detector, Model } from "../../engine/detector.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createCounters, type Monitor } from "../../engine/monitor.ts";
import { createService, type Service } from "../../engine/service.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { Store } from "../../engine/store.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { createMemorySource, type MemorySource, type MemorySourceOptions } from "../support/memory-source.ts";
import { openToy, toyDetector } from "../support/toy-detector.ts";

export interface Setup extends MemorySourceOptions {
  readonly store?: Store;
  readonly log?: Map<number, RawRecord[]>;
  readonly monitor?: Partial<Monitor>;
  readonly clock?: Clock;
}

export interface Running {
  readonly service: Service;
  readonly source: MemorySource;
  readonly store: Store;
  readonly monitor: Monitor;
  readonly log: Map<number, RawRecord[]>;
}

export const RUN = "test";

/** The toy's, told to the channel ops. */
export function monitorOf(changes: Partial<Monitor> = {}): Monitor {
  return {
    run: RUN,
    name: "m",
    detector: toyDetector as unknown as Detector,
    model: openToy(Number.POSITIVE_INFINITY, true) as Model,
    decode: createDecoder({ event: toyDetector.event }),
    routes: [{ channel: "ops" }],
    order: "key",
    from: "earliest",
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 1000, bytes: 2 ** 28 },
    checkpoint: { events: 20, ms: Number.POSITIVE_INFINITY },
    counters: createCounters(),
    ...changes,
  };
}

/** The whole engine in one process: memory source, toy detector, memory store. */
export async function start(setup: Setup = {}): Promise<Running> {
  const store = setup.store ?? createMemoryStore();
  const log = setup.log ?? new Map<number, RawRecord[]>();
  const source = createMemorySource(log, setup);
  const monitor = monitorOf(setup.monitor);
  const service = createService([{ source, monitors: [monitor], monitorsOf: () => [monitor] }], {
    run: RUN,
    store,
    meter: NO_METER,
    clock: setup.clock ?? systemClock,
    log: silentLog,
  });
  await service.start();
  return { service, source, store, monitor, log };
}

/** Everything that a stopped run left behind, comparable. */
export async function remains(store: Store): Promise<unknown> {
  const signals = await store.signals({ limit: 1000 });
  const episodes = await store.episodes({ limit: 1000 });
  const keys = await store.keys({ run: RUN, monitor: "m", limit: 1000 });
  const blobs: Record<string, string> = {};
  for (const { key } of keys.items) {
    const stored = (await store.key(RUN, "m", key))!;
    blobs[key] = `${Buffer.from(stored.blob).toString("hex")} ${stored.parts.map((p) => p.hash).join(" ")}`;
  }
  const { items: due } = await store.notifications({ channel: "ops", limit: 10_000 });
  return {
    signals: signals.items,
    episodes: [...episodes.items].sort((a, b) => (a.id < b.id ? -1 : 1)),
    blobs,
    notifications: due.map(({ id, phase, body }) => ({ id, phase, body })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    rejected: await store.deadLetterCounts(),
  };
}
