import type { EpisodeDto, KeyDetail, KeyRow, SeriesPointDto } from "../../adapters/http/types.ts";
import { LEVELS, latencyEpisode, noise, olderEpisode, supportEpisode, textMap } from "./mock-episodes.ts";

const GAUGES: Record<string, Record<string, number>> = {
  "short-text": { similarity: 0.62, outlier_share: 0.21 },
  numeric: { numeric_mean: 42.9, numeric_sd: 18.2, numeric_window_events: 256 },
};

/** Keys with their curves and alarms. */
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

export function supportKeys(now: number): KeyDetail[] {
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
      level: (i) =>
        open && i > 148 ? Math.min(11, 0.06 * Math.exp((i - 148) * 0.34)) : warn && i > 155 ? 0.25 : 0.045,
    });
    const cut = open ? points.findIndex((point) => point.ratio >= 1) : -1;
    const episodes = open ? [supportEpisode(points[cut]!), olderEpisode(points[40]!)] : [];
    return key(
      "support-bot",
      "short-text",
      `bot-${land}`,
      open ? "drifting" : warn ? "warning" : "steady",
      points,
      episodes,
      {
        encoder: "hashed 1–2-grams, 128 dimensions",
        reference: {
          ...{ version: 2, origin: "person", from: points[60]!.to, to: points[90]!.to, size: 960 },
          before: [{ version: 1, origin: "first-events", from: 0, to: 1499, size: 1500 }],
        },
        medianSimilarity: 0.71,
        map: textMap(),
      },
    );
  });
  return drifting;
}

export function latencyKey(now: number): KeyDetail {
  const points = series({
    seed: 71,
    points: 240,
    step: 256,
    from: 1500,
    end: now,
    everyMs: 15_000,
    level: (i) =>
      i > 120 && i < 160
        ? Math.min(260, 0.05 * Math.exp((i - 120) * 0.55))
        : i >= 160
          ? Math.max(0.03, 2 * Math.exp((160 - i) * 0.2))
          : 0.05,
  });
  const cut = points.findIndex((point) => point.ratio >= 1);
  const at = points[cut]!;
  const end = points[205]!;
  return key("checkout-latency", "numeric", "all", "steady", points, [latencyEpisode(at, end)], {
    algorithm: "calibrated",
    reference: { events: 1500, mean: 182.4, sd: 31.2, constant: false },
  });
}

export function steadyKey(now: number): KeyDetail {
  const points = series({ seed: 91, points: 200, step: 64, from: 1500, end: now, everyMs: 20_000, level: () => 0.06 });
  return key("basket-value", "numeric", "all", "steady", points, [], {
    algorithm: "calibrated",
    reference: { events: 1500, mean: 42.1, sd: 18.9, constant: false },
    quantiles: { levels: LEVELS, before: normal(42.1, 18.9), after: normal(42.9, 18.2) },
  });
}

function normal(mean: number, sd: number): number[] {
  return [-2.33, -1.64, -1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28, 1.64, 2.33].map((z) => mean + z * sd);
}

export function learningKey(now: number): KeyDetail {
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
      gauges: status === "learning" ? {} : GAUGES[detector]!,
      learning: null,
      details,
    },
    series: points,
    episodes,
  };
}
