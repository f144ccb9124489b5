import type {
  EpisodeDto,
  KeyDetail,
  KeyRow,
  MonitorDetail,
  MonitorSummary,
  NotificationDto,
  Overview,
  Signal,
} from "../../adapters/http/types.ts";
import { latencyKey, learningKey, steadyKey, supportKeys } from "./mock-keys.ts";

/** A small world that never changes: four monitors as a person would meet them, at a given moment. */
export interface World {
  readonly overview: Overview;
  readonly details: ReadonlyMap<string, MonitorDetail>;
  readonly keys: ReadonlyMap<string, readonly KeyDetail[]>;
  readonly signals: readonly Signal[];
  /** Alerts that were given up. */
  readonly dead: readonly NotificationDto[];
}

export function createWorld(now: number): World {
  const keys = new Map<string, KeyDetail[]>([
    ["support-bot", supportKeys(now)],
    ["checkout-latency", [latencyKey(now)]],
    ["basket-value", [steadyKey(now)]],
    ["assistant-beta", [learningKey(now)]],
  ]);
  const summaries = [
    summary("support-bot", "short-text", "kafka topic utterances", keys, 12.4, 3),
    summary("checkout-latency", "numeric", "kafka topic checkout", keys, 148, 0),
    summary("basket-value", "numeric", "file baskets.ndjson", keys, 3.1, null),
    summary("assistant-beta", "short-text", "HTTP", keys, 0.4, null),
  ];
  const overview: Overview = {
    now: new Date(now).toISOString(),
    version: "0.1.0",
    ready: true,
    reasons: [],
    monitors: summaries,
    outbox: { waiting: 0, dead: 0, oldestSeconds: 0 },
  };
  const details = new Map(summaries.map((one) => [one.name, detail(one, keys.get(one.name)!)]));
  const signals = [...keys.values()]
    .flat()
    .flatMap(signalsOf)
    .sort((a, b) => Date.parse(a.time!) - Date.parse(b.time!));
  return { overview, details, keys, signals, dead: [] };
}

/** The same world with so many more steady keys of support-bot. */
export function withKeys(world: World, many: number): World {
  const known = world.keys.get("support-bot")!;
  const steady = known.find((one) => one.status === "steady")!;
  const more = Array.from({ length: many }, (_, i) => ({ ...steady, key: `key-${String(i).padStart(5, "0")}` }));
  const grow = <T extends MonitorSummary>(one: T): T =>
    one.name !== "support-bot"
      ? one
      : { ...one, keys: { ...one.keys, total: one.keys.total + many, steady: one.keys.steady + many } };
  return {
    ...world,
    overview: { ...world.overview, monitors: world.overview.monitors.map(grow) },
    details: new Map([...world.details].map(([name, one]) => [name, grow(one)])),
    keys: new Map([...world.keys, ["support-bot", [...known, ...more]]]),
  };
}

/** The same world, in which checkout-latency was watched so long that its curve has so many points. */
export function withHistory(world: World, points: number): World {
  const [key] = world.keys.get("checkout-latency")!;
  const first = key!.series[0]!;
  const older = Array.from({ length: points - key!.series.length }, (_, i) => ({
    from: i * 256,
    to: i * 256 + 255,
    time: first.time! - (points - i) * 15_000,
    // One peak, long ago and short.
    ratio: i === 100 ? 0.7 : 0.05,
  }));
  const shift = older.length * 256;
  const series = [...older, ...key!.series.map((one) => ({ ...one, from: one.from + shift, to: one.to + shift }))];
  const long = { ...key!, series, events: series.at(-1)!.to + 1, episodes: [] };
  return { ...world, keys: new Map([...world.keys, ["checkout-latency", [long]]]) };
}

/** The same world, in which a channel has taken nothing. */
export function withDead(world: World): World {
  const dead: NotificationDto = {
    id: "ntf_1",
    episode: "ep_fr2",
    channel: "ops",
    phase: "opened",
    monitor: "support-bot",
    key: "bot-fr",
    kind: "drift",
    severity: "critical",
    state: "dead",
    attempts: 8,
    error: "ops answers 503",
    foldedInto: null,
    createdAt: world.overview.now,
    finishedAt: world.overview.now,
    body: {},
  };
  return { ...world, dead: [dead] };
}

function summary(
  name: string,
  detector: string,
  source: string,
  all: ReadonlyMap<string, readonly KeyDetail[]>,
  eventRate: number,
  lag: number | null,
): MonitorSummary {
  const keys = all.get(name)!;
  const count = (status: KeyRow["status"]) => keys.filter((one) => one.status === status).length;
  const worst = keys.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const counts = {
    total: keys.length,
    learning: count("learning"),
    steady: count("steady"),
    warning: count("warning"),
    drifting: count("drifting"),
  };
  const episodes = keys.flatMap((one) => one.episodes);
  const open = episodes.filter((one) => one.state === "open");
  const newest = episodes[0] ?? null;
  const accepted = keys.reduce((sum, one) => sum + one.events, 0);
  return {
    name,
    detector,
    title: detector === "short-text" ? "Short texts" : "Numbers",
    source,
    acceptsEvents: source === "HTTP",
    state: "running",
    error: null,
    status: (["drifting", "warning", "learning", "steady"] as const).find((status) => counts[status] > 0) ?? "empty",
    keys: counts,
    worst: worst.series.length > 0 ? { key: worst.key, ratio: worst.ratio } : null,
    spark: worst.series.length > 0 ? { key: worst.key, points: worst.series.slice(-120) } : null,
    lastChange: newest === null ? null : withoutExplanation(newest),
    driftingSince: open[0]?.opened.time ?? null,
    openEpisodes: open.length,
    events: { consumed: accepted + 12, accepted, rejected: name === "support-bot" ? 12 : 0 },
    eventRate,
    lastEventTime: worst.lastEventTime,
    lag,
  };
}

function withoutExplanation({ explanation: _, ...rest }: EpisodeDto): Omit<EpisodeDto, "explanation"> {
  return rest;
}

export function keyRow({ key: name, partition, events, status, ratio, lastEventTime }: KeyDetail): KeyRow {
  return { key: name, partition, events, status, ratio, lastEventTime };
}

function detail(one: MonitorSummary, keys: readonly KeyDetail[]): MonitorDetail {
  return {
    ...one,
    run: "live",
    promise: one.detector === "numeric" ? 100_000 : 10_000,
    reference: { first: 1500 },
    options: {},
    gauges: [
      { name: "similarity", help: "Mean similarity to what is normal" },
      { name: "outlier_share", help: "Share of events unlike anything normal" },
    ],
    kinds: [{ kind: "drift", severity: "critical", episode: "opens", help: "Something new." }],
    rejected: {},
    signals: [],
    lanes: [
      {
        topic: "utterances",
        partition: 0,
        identity: null,
        nextOffset: "48390",
        highWatermark: "48393",
        lag: 3,
        committedAt: one.lastEventTime,
        error: null,
      },
    ],
    keyRows: keys.map(keyRow),
    next: null,
  };
}

function signalsOf({ episodes }: KeyDetail): Signal[] {
  return episodes.flatMap((episode) => {
    const opened = signalAt(episode, episode.kind, episode.opened.index, episode.opened.time, episode.summary, 1.05);
    if (episode.closed === null) return [opened];
    const { index, time } = episode.closed;
    return [
      opened,
      { ...signalAt(episode, "recovered", index, time, "Back to normal.", 0.08), severity: "info" as const },
    ];
  });
}

function signalAt(
  episode: EpisodeDto,
  kind: string,
  index: number,
  time: string | null,
  summary: string,
  score: number,
): Signal {
  const { monitor, detector, key: name, severity, opened, onset, explanation } = episode;
  const statistic = 6800 * score;
  const id = `sig_${episode.id}_${kind}`;
  return {
    id,
    monitor,
    detector,
    key: name,
    kind,
    severity,
    index,
    time,
    position: opened.position,
    onset,
    statistic,
    threshold: 6800,
    score,
    summary,
    explanation,
    version: 1,
  };
}
