import type {
  EpisodeDto,
  KeyDetail,
  KeyRow,
  MonitorDetail,
  MonitorSummary,
  Overview,
  SeriesPointDto,
  Signal,
} from "../../adapters/http/types.ts";

/** A small world that never changes: four monitors as a person would meet them, at a given moment. */

const MINUTE = 60_000;
const POSITION = { topic: "utterances", partition: 0, offset: "48211" };

export interface World {
  readonly overview: Overview;
  readonly details: ReadonlyMap<string, MonitorDetail>;
  readonly keys: ReadonlyMap<string, readonly KeyDetail[]>;
  readonly signals: readonly Signal[];
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
  return { overview, details, keys, signals };
}

/** Small, even noise without a generator's state. */
function noise(seed: number, i: number): number {
  const x = Math.sin(seed * 127.1 + i * 311.7) * 43758.5453;
  return x - Math.floor(x);
}

interface Shape {
  readonly seed: number;
  readonly points: number;
  readonly step: number;
  readonly from: number;
  readonly end: number;
  readonly everyMs: number;
  level(i: number): number;
}

function series({ seed, points, step, from, end, everyMs, level }: Shape): SeriesPointDto[] {
  return Array.from({ length: points }, (_, i) => ({
    from: from + i * step,
    to: from + (i + 1) * step - 1,
    time: end - (points - 1 - i) * everyMs,
    ratio: level(i) * Math.exp((noise(seed, i) + noise(seed + 1, i) - 1) * 1.3),
  }));
}

function supportKeys(now: number): KeyDetail[] {
  const names = ["fr", "de", "es", "it", "nl", "pt", "pl", "se", "dk", "no", "fi", "ie", "at", "ch"];
  const drifting = names.map((land, n): KeyDetail => {
    const open = land === "fr";
    const warn = land === "de";
    const points = series({
      seed: n + 3,
      points: 170,
      step: 32,
      from: 1500,
      end: now - n * 700,
      everyMs: 90_000,
      level: (i) => (open && i > 148 ? Math.min(11, 0.06 * Math.exp((i - 148) * 0.34)) : warn && i > 155 ? 0.25 : 0.045),
    });
    const cut = open ? points.findIndex((point) => point.ratio >= 1) : -1;
    const episodes = open ? [supportEpisode(points[cut]!), olderEpisode(points[40]!)] : [];
    return key("support-bot", "short-text", `bot-${land}`, open ? "drifting" : warn ? "warning" : "steady", points, episodes, {
      encoder: "hashed 1–2-grams, 128 dimensions",
      medianSimilarity: 0.71,
      map: textMap(),
    });
  });
  return drifting;
}

function supportEpisode(at: SeriesPointDto): EpisodeDto {
  const opened = at.to - 7;
  return {
    id: "ep_fr2",
    monitor: "support-bot",
    detector: "short-text",
    key: "bot-fr",
    kind: "drift",
    severity: "critical",
    state: "open",
    opened: { index: opened, time: new Date(at.time!).toISOString(), position: POSITION },
    closed: null,
    onset: { index: opened - 196, low: opened - 262, high: opened - 148 },
    summary: "Since about event 6,215, 21 % of requests are about card delivery in France, before 0.3 %.",
    explanation: {
      clusters: [
        {
          terms: ["card delivery", "france", "arrive", "address abroad", "tracking"],
          share: 0.208,
          shareBefore: 0.003,
          lift: 69.3,
          size: 54,
          examples: [
            "where is my card, I moved to Lyon last month",
            "can you deliver the new card to an address in France",
            "my card was sent to Paris two weeks ago and never arrived",
            "how do I track the delivery of my card",
            "card delivery abroad, how many days",
          ],
        },
        {
          terms: ["customs fee", "pay", "parcel"],
          share: 0.061,
          shareBefore: 0.009,
          lift: 6.8,
          size: 16,
          examples: ["why do I have to pay a customs fee for a card", "the courier asks for customs on my parcel"],
        },
        {
          terms: ["activate", "pin", "new card"],
          share: 0.084,
          shareBefore: 0.052,
          lift: 1.6,
          size: 22,
          examples: ["the pin for my new card does not work", "activate card without the app"],
        },
      ],
      outliers: 97,
      since: 262,
    },
    signals: 2,
  };
}

function olderEpisode(at: SeriesPointDto): EpisodeDto {
  return {
    ...supportEpisode(at),
    id: "ep_fr1",
    kind: "surge",
    severity: "warning",
    state: "closed",
    closed: { index: at.to + 900, time: new Date(at.time! + 40 * MINUTE).toISOString(), reason: "recovered" },
    onset: { index: at.to - 120, low: at.to - 180, high: at.to - 90 },
    summary: "Requests about a declined transfer became 4 times as frequent: 12 % now, before 3 %.",
    explanation: {
      clusters: [
        { terms: ["transfer declined", "limit"], share: 0.12, shareBefore: 0.03, lift: 4, size: 31, examples: ["why was my transfer declined"] },
      ],
    },
    signals: 2,
  };
}

function textMap(): { reference: number[][]; recent: number[][] } {
  const around = (seed: number, count: number, x: number, y: number, width: number) =>
    Array.from({ length: count }, (_, i) => [
      x + width * (noise(seed, i) + noise(seed + 9, i) - 1),
      y + width * (noise(seed + 5, i) + noise(seed + 7, i) - 1),
    ]);
  const recent = [around(31, 50, 0.8, 0.75, 0.13), around(41, 16, 0.52, 0.86, 0.08), around(51, 20, 0.3, 0.2, 0.09)];
  return {
    reference: [...around(11, 130, 0.3, 0.3, 0.3), ...around(13, 90, 0.6, 0.25, 0.2), ...around(17, 70, 0.25, 0.65, 0.22)],
    recent: recent.flatMap((dots, cluster) => dots.map((dot) => [...dot, cluster])),
  };
}

function latencyKey(now: number): KeyDetail {
  const points = series({
    seed: 71,
    points: 240,
    step: 256,
    from: 1500,
    end: now,
    everyMs: 15_000,
    level: (i) => (i > 120 && i < 160 ? Math.min(260, 0.05 * Math.exp((i - 120) * 0.55)) : i >= 160 ? Math.max(0.03, 2 * Math.exp((160 - i) * 0.2)) : 0.05),
  });
  const cut = points.findIndex((point) => point.ratio >= 1);
  const at = points[cut]!;
  const end = points[205]!;
  return key("checkout-latency", "numeric", "all", "steady", points, [
    {
      id: "ep_lat",
      monitor: "checkout-latency",
      detector: "numeric",
      key: "all",
      kind: "drift",
      severity: "warning",
      state: "closed",
      opened: { index: at.to - 90, time: new Date(at.time!).toISOString(), position: { topic: "checkout", partition: 2, offset: "901226" } },
      closed: { index: end.to, time: new Date(end.time!).toISOString(), reason: "recovered" },
      onset: { index: at.to - 900, low: at.to - 1400, high: at.to - 700 },
      summary: "The values rose: the mean went from 182 to 241 and they spread 1.8 times as wide.",
      explanation: {
        before: { count: 1500, mean: 182.4, sd: 31.2, quantiles: [[0.05, 137], [0.25, 160], [0.5, 179], [0.75, 202], [0.95, 238]] },
        after: { count: 812, mean: 241.1, sd: 56.3, quantiles: [[0.05, 158], [0.25, 201], [0.5, 236], [0.75, 276], [0.95, 341]] },
        moved: "mean and spread",
      },
      signals: 2,
    },
  ], { algorithm: "calibrated", median: 179, halfWidth: 30.8 });
}

function steadyKey(now: number): KeyDetail {
  const points = series({ seed: 91, points: 200, step: 64, from: 1500, end: now, everyMs: 20_000, level: () => 0.06 });
  return key("basket-value", "numeric", "all", "steady", points, [], { algorithm: "calibrated", median: 42.1, halfWidth: 18.9 });
}

function learningKey(now: number): KeyDetail {
  const base = key("assistant-beta", "short-text", "all", "learning", [], [], {});
  const learning = { seen: 812, wanted: 1500 };
  const lastEventTime = new Date(now - 2_000).toISOString();
  return { ...base, events: 812, lastEventTime, inspection: { ...base.inspection, learning } };
}

function key(
  monitor: string,
  detector: string,
  name: string,
  status: KeyRow["status"],
  points: SeriesPointDto[],
  episodes: EpisodeDto[],
  details: Record<string, unknown>,
): KeyDetail {
  const last = points.at(-1);
  const ratio = last?.ratio ?? 0;
  return {
    key: name,
    partition: 0,
    events: (last?.to ?? -1) + 1,
    status,
    ratio,
    lastEventTime: last?.time == null ? null : new Date(last.time).toISOString(),
    monitor,
    detector,
    inMemory: true,
    inspection: {
      status,
      statistic: status === "learning" ? null : ratio * 6800,
      threshold: status === "learning" ? null : 6800,
      gauges: status === "learning" ? {} : { similarity: 0.62, outlier_share: 0.21 },
      learning: null,
      details,
    },
    series: points,
    episodes,
  };
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
  const counts = { total: keys.length, learning: count("learning"), steady: count("steady"), warning: count("warning"), drifting: count("drifting") };
  const episodes = keys.flatMap((one) => one.episodes);
  const open = episodes.filter((one) => one.state === "open");
  const newest = episodes[0] ?? null;
  const accepted = keys.reduce((sum, one) => sum + one.events, 0);
  return {
    name,
    detector,
    title: detector === "short-text" ? "Streams of short texts" : "Any number",
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
    lanes: [{ topic: "utterances", partition: 0, nextOffset: "48390", highWatermark: "48393", lag: 3, committedAt: one.lastEventTime, error: null }],
    keyRows: keys.map(keyRow),
    next: null,
  };
}

function signalsOf({ episodes }: KeyDetail): Signal[] {
  return episodes.flatMap((episode) => {
    const opened = signalAt(episode, episode.kind, episode.opened.index, episode.opened.time, episode.summary, 1.05);
    if (episode.closed === null) return [opened];
    const { index, time } = episode.closed;
    return [opened, { ...signalAt(episode, "recovered", index, time, "Back to normal.", 0.08), severity: "info" as const }];
  });
}

function signalAt(episode: EpisodeDto, kind: string, index: number, time: string | null, summary: string, score: number): Signal {
  const { monitor, detector, key: name, severity, opened, onset, explanation } = episode;
  const statistic = 6800 * score;
  const id = `sig_${episode.id}_${kind}`;
  return { id, monitor, detector, key: name, kind, severity, index, time, position: opened.position, onset, statistic, threshold: 6800, score, summary, explanation, version: 1 };
}
