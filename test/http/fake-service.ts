import { z } from "zod";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import type { Detector, Inspection } from "../../engine/detector.ts";
import type { LiveKey, MonitorView, ServiceView } from "../../engine/service-view.ts";
import type { Signal } from "../../engine/signal.ts";
import type { Commit, Episode, StateWrite, Store } from "../../engine/store.ts";

/** A service of one process without an engine: what the API reads is put there by the test. */
export interface FakeService {
  readonly view: ServiceView;
  readonly store: Store;
  readonly monitor: Writable<MonitorView>;
  readonly live: Map<string, LiveKey>;
  readonly pokes: () => number;
  readiness: { ok: boolean; reasons: readonly string[] };
  commit(what: Partial<Commit>): Promise<void>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export const RUN = "live";
export const NAME = "support-bot";
export const EMPTY_BLOB = new Uint8Array([1, 2, 3]);

export async function createFakeService(): Promise<FakeService> {
  const store = createMemoryStore();
  const live = new Map<string, LiveKey>();
  let pokes = 0;
  const monitor: Writable<MonitorView> = {
    name: NAME,
    detector: DETECTOR,
    sourceDescription: "HTTP",
    acceptsEvents: true,
    run: RUN,
    state: "running",
    error: null,
    promise: 10_000,
    reference: { first: 1_500 },
    options: { algorithm: "calibrated" },
    counters: { consumed: 12, accepted: 10, rejected: { "not-json": 2 }, signals: [] },
    eventRate: 3.5,
    lastEventTime: Date.parse("2026-01-01T10:00:00Z"),
    lastDriftTime: null,
    lanes: [
      {
        topic: "inbox",
        partition: 0,
        identity: null,
        nextOffset: 12,
        highWatermark: 15,
        lag: 3,
        committedAt: 1_000,
        waitingMs: null,
        error: null,
      },
    ],
    keysInMemory: 0,
    keys: () => live.values(),
    key: (key) => live.get(key) ?? null,
    inspectStored: async () => inspectionOf({ statistic: 1 }),
    validate(bodies) {
      const good = bodies.filter((b) => Buffer.from(b).toString().startsWith("{")).length;
      return { accepted: good, rejected: good === bodies.length ? {} : { "not-json": bodies.length - good } };
    },
    poke: () => {
      pokes += 1;
    },
  };
  const kafka: MonitorView = {
    ...monitor,
    name: "from-kafka",
    acceptsEvents: false,
    sourceDescription: "kafka topic t",
    key: () => null,
    keys: () => [],
    lanes: [],
  };
  const lane = await store.claim({ run: RUN, monitor: NAME, topic: "inbox", partition: 0 }, null);
  let position: number | null = null;
  const service: FakeService = {
    store,
    monitor,
    live,
    pokes: () => pokes,
    readiness: { ok: true, reasons: [] },
    view: {
      startedAt: Date.now() - 5_000,
      version: "1.2.3",
      build: { revision: "abc", node: "20" },
      backend: { backend: "cpu", device: "cpu", gpu: false },
      channels: ["ops"],
      monitors: () => [monitor, kafka],
      ready: () => service.readiness,
      onCommit: () => () => {},
    },
    async commit(what) {
      const nextOffset = (position ?? 0) + 1;
      const result = await store.commit({
        lane: lane.lane,
        epoch: lane.epoch,
        fromOffset: position,
        nextOffset,
        cursor: null,
        states: [],
        signals: [],
        episodes: [],
        notifications: [],
        deadLetters: [],
        series: [],
        commands: [],
        ...what,
      });
      if (result.kind !== "committed") throw new RangeError(`the commit was ${result.kind}`);
      position = nextOffset;
    },
  };
  return service;
}

let made = 0;

export function signalOf(of: Partial<Signal> = {}): Signal {
  made += 1;
  return {
    id: `sig_${made}`,
    monitor: NAME,
    detector: "numeric",
    key: "bot-7",
    kind: "drift",
    severity: "critical",
    index: made,
    time: "2026-01-01T10:00:00.000Z",
    position: { topic: "inbox", partition: 0, offset: String(made) },
    onset: { index: 1, low: 0, high: 2 },
    statistic: 12,
    threshold: 10,
    score: 1.2,
    summary: "Something changed.",
    explanation: { terms: ["delivery"] },
    version: 1,
    ...of,
  };
}

export function episodeOf(of: Partial<Episode> = {}): Episode {
  made += 1;
  return {
    id: `epi_${made}`,
    monitor: NAME,
    detector: "numeric",
    key: "bot-7",
    kind: "drift",
    severity: "critical",
    state: "open",
    opened: { index: 5, time: "2026-01-01T09:30:00.000Z", position: { topic: "inbox", partition: 0, offset: "5" } },
    closed: null,
    onset: null,
    summary: "Something changed.",
    explanation: {},
    signals: 1,
    ...of,
  };
}

export function stateOf(key: string, of: Partial<StateWrite> = {}): StateWrite {
  return {
    key,
    blob: EMPTY_BLOB,
    parts: [],
    newParts: [],
    dropParts: [],
    events: 100,
    status: "steady",
    ratio: 0.3,
    time: Date.parse("2026-01-01T10:00:00Z"),
    ...of,
  };
}

export function liveKeyOf(key: string, of: Partial<LiveKey> = {}): LiveKey {
  return {
    key,
    events: 101,
    status: "steady",
    ratio: 0.4,
    driftActive: false,
    lastEventTime: Date.parse("2026-01-01T10:00:01Z"),
    touchedAt: Date.now(),
    inspect: () => inspectionOf({}),
    ...of,
  };
}

function inspectionOf(of: Partial<Inspection>): Inspection {
  return { status: "steady", statistic: 4, threshold: 10, gauges: { numeric_mean: 5 }, details: { note: "x" }, ...of };
}

const DETECTOR = {
  name: "numeric",
  version: 1,
  title: "Numbers",
  gauges: [{ name: "numeric_mean", help: "Mean." }],
  signals: [{ kind: "drift", severity: "critical", episode: "opens", help: "It changed." }],
  event: z.strictObject({}),
} as unknown as Detector;
