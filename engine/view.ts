import { type Entry, snapshotOf } from "./bank.ts";
import type { Clock } from "./clock.ts";
import { unpackState } from "./key-header.ts";
import type { Lane } from "./lane.ts";
import type { Monitor } from "./monitor.ts";
import type { Reason } from "./rejection.ts";
import type { RunningFeed, Service } from "./service.ts";
import type {
  BackendInfo,
  BuildInfo,
  LaneView,
  LiveKey,
  MonitorView,
  ReferenceFacts,
  ServiceView,
} from "./service-view.ts";
import type { Station } from "./station.ts";

/** What people see of a monitor beside what runs. */
export interface MonitorFacts {
  readonly promise: number | null;
  readonly reference: ReferenceFacts | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly acceptsEvents: boolean;
}

export interface ViewContext {
  readonly clock: Clock;
  readonly version: string;
  readonly build: BuildInfo;
  readonly backend: BackendInfo;
  readonly channels: readonly string[];
  brokenChannels?(): readonly string[];
  readonly facts: ReadonlyMap<string, MonitorFacts>;
  /** Null when the store answered lately, else why not. */
  storeProblem(): string | null;
  draining(): boolean;
  /** New inbox rows are there. */
  poke(monitor: string): void;
}

const RATE_WINDOW_MS = 10_000;

/** The running service as the API, the page and the metrics see it; call tick() about once a second for the rates. */
export function createServiceView(service: Service, context: ViewContext): ServiceView & { tick(): void } {
  const rates = new Map<string, { at: number; count: number }[]>();
  const monitors = service.feeds().flatMap((feed) => feed.monitors.map((m) => monitorView(feed, m, context, rates)));
  const order = [...context.facts.keys()];
  monitors.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return {
    startedAt: context.clock.now(),
    version: context.version,
    build: context.build,
    backend: context.backend,
    channels: context.channels,
    brokenChannels: () => context.brokenChannels?.() ?? [],
    monitors: () => monitors,
    ready() {
      const reasons: string[] = [];
      if (context.draining()) reasons.push("The service is stopping.");
      const store = context.storeProblem();
      if (store) reasons.push(`The store does not answer: ${store}.`);
      for (const m of monitors) {
        if (m.state === "starting") reasons.push(`Monitor ${m.name} is starting.`);
        if (m.error) reasons.push(m.error);
        else if (m.state === "halted") reasons.push(`Monitor ${m.name} is halted.`);
      }
      return { ok: reasons.length === 0, reasons };
    },
    onCommit: service.onCommit,
    tick() {
      const now = context.clock.now();
      for (const m of monitors) {
        const seen = rates.get(m.name) ?? [];
        seen.push({ at: now, count: m.counters.consumed });
        while (seen.length > 2 && now - seen[0]!.at > RATE_WINDOW_MS) seen.shift();
        rates.set(m.name, seen);
      }
    },
  };
}

function monitorView(
  feed: RunningFeed,
  monitor: Monitor,
  context: ViewContext,
  rates: ReadonlyMap<string, { at: number; count: number }[]>,
): MonitorView {
  const facts = context.facts.get(monitor.name)!;
  const { counters, model, detector } = monitor;
  const lanes = function* (): Iterable<Lane> {
    for (const lane of feed.intake.lanes()) if (lane.name.monitor === monitor.name) yield lane;
  };
  const { rekey } = monitor;
  let rekeyedTo: number | null = null;
  rekey?.partitions().then(
    (partitions) => {
      rekeyedTo = partitions;
    },
    () => undefined,
  );
  const stations = function* (): Iterable<Station> {
    for (const station of feed.intake.stations()) if (station.name.monitor === monitor.name) yield station;
  };
  const problem = (): string | null => {
    for (const station of stations()) {
      const error = station.error() ?? feed.intake.errorOf(station.name);
      if (error) return error.message;
    }
    for (const [topic, error] of feed.intake.stopped()) {
      if (feed.monitorsOf(topic).some(({ name }) => name === monitor.name)) return error.message;
    }
    return feed.error?.message ?? null;
  };
  return {
    name: monitor.name,
    detector,
    sourceDescription: feed.source.description,
    acceptsEvents: facts.acceptsEvents,
    run: monitor.run,
    promise: facts.promise,
    reference: facts.reference,
    options: facts.options,
    get state() {
      return problem() === null ? feed.state : "halted";
    },
    get error() {
      return problem();
    },
    get counters() {
      const signals = [...counters.signals].map(([name, count]) => {
        const [kind, severity] = name.split("\u0000") as [string, "info" | "warning" | "critical"];
        return { kind, severity, count, exemplar: counters.exemplars.get(name) };
      });
      const { consumed, accepted, rekeyed, repeated, missed, duplicates, rejected } = counters;
      return { consumed, accepted, rekeyed, repeated, missed, duplicates, rejected, signals };
    },
    get eventRate() {
      const seen = rates.get(monitor.name) ?? [];
      const [first, last] = [seen[0], seen.at(-1)];
      return first && last && last.at > first.at ? ((last.count - first.count) * 1000) / (last.at - first.at) : null;
    },
    get lastEventTime() {
      return counters.lastEventTime;
    },
    get lastDriftTime() {
      return counters.lastDriftTime;
    },
    get lanes() {
      return [...stations()].map((station): LaneView => {
        const committed = station.committed();
        const highWatermark = feed.intake.highWatermarkOf(station.name);
        const at = station.position();
        const lag = highWatermark === null || at === null ? null : Math.max(0, highWatermark - at);
        const waits = (lag ?? 0) > 0 || at !== committed.nextOffset;
        return {
          topic: station.name.topic,
          partition: station.name.partition,
          identity: station.identity(),
          nextOffset: committed.nextOffset,
          highWatermark,
          lag,
          committedAt: committed.at,
          waitingMs: waits ? station.sinceCommitMs() : null,
          schemaChanged: station.schemaChanged?.() ?? false,
          error: (station.error() ?? feed.intake.errorOf(station.name))?.message ?? null,
        };
      });
    },
    get keysInMemory() {
      let n = 0;
      for (const lane of lanes()) n += lane.bank.size();
      return n;
    },
    *keys() {
      for (const lane of lanes()) for (const entry of lane.bank.entries()) yield liveKey(monitor, entry);
    },
    key(key) {
      for (const lane of lanes()) {
        const entry = lane.bank.get(key);
        if (entry) return liveKey(monitor, entry);
      }
      return null;
    },
    ...(rekey && {
      // A first stage's keys name their partition of the source.
      homeOf: (key: string) =>
        rekeyedTo === null || (monitor.gathered && /@\d+$/.test(key))
          ? null
          : { topic: rekey.topic, partition: rekey.partitionOf(key, rekeyedTo) },
    }),
    async inspectStored(stored) {
      const { version, running } = unpackState(stored.blob);
      const [state] = await model.load([snapshotOf(detector, stored, version, running)]);
      return model.inspect(state);
    },
    validate(bodies) {
      let accepted = 0;
      const rejected: Partial<Record<Reason, number>> = {};
      for (const value of bodies) {
        const decoded = monitor.decode({ offset: 0, key: null, value, time: null });
        if (decoded === null) continue;
        if ("reason" in decoded) rejected[decoded.reason] = (rejected[decoded.reason] ?? 0) + 1;
        else accepted++;
      }
      return { accepted, rejected };
    },
    poke: () => context.poke(monitor.name),
  };
}

function liveKey(monitor: Monitor, entry: Entry): LiveKey {
  const { header } = entry;
  const status = (): LiveKey["status"] => {
    if (header.open.length > 0) return "drifting";
    return monitor.model.status?.(entry.state) ?? monitor.model.inspect(entry.state).status;
  };
  return {
    key: entry.key,
    events: header.events,
    get status() {
      return status();
    },
    ratio: header.ratio,
    driftActive: header.open.some((o) => o.episode.state === "open"),
    lastEventTime: header.time,
    touchedAt: entry.touchedAt,
    inspect: () => monitor.model.inspect(entry.state),
  };
}
