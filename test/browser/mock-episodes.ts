import type { EpisodeDto, SeriesPointDto } from "../../adapters/http/types.ts";

/** Alarms as the detectors explain them. */
const MINUTE = 60_000;
export const LEVELS = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
const POSITION = { topic: "utterances", partition: 0, offset: "48211" };

export function noise(seed: number, i: number): number {
  const x = Math.sin(seed * 127.1 + i * 311.7) * 43758.5453;
  return x - Math.floor(x);
}

export function supportEpisode(at: SeriesPointDto): EpisodeDto {
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
    summary: `Since about event ${opened - 196} (${opened - 262}–${opened - 148}) 21 % of texts are about card delivery, france, arrive; before 0.3 %.`,
    explanation: {
      clusters: [
        {
          name: "card delivery, france, arrive",
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
      shareNew: 0.27,
      sticky: null,
      window: { from: 6254, to: 6516, texts: 262 },
    },
    signals: 2,
  };
}

export function olderEpisode(at: SeriesPointDto): EpisodeDto {
  return {
    ...supportEpisode(at),
    id: "ep_fr1",
    kind: "surge",
    severity: "warning",
    state: "closed",
    acknowledged: { index: at.to + 320, time: new Date(at.time! + 15 * MINUTE).toISOString() },
    closed: { index: at.to + 900, time: new Date(at.time! + 40 * MINUTE).toISOString(), reason: "recovered" },
    onset: { index: at.to - 120, low: at.to - 180, high: at.to - 90 },
    summary: `Since about event ${at.to - 120} (${at.to - 180}–${at.to - 90}) 12 % of texts are about transfer declined, limit; before 3 %.`,
    explanation: {
      clusters: [
        {
          terms: ["transfer declined", "limit"],
          share: 0.12,
          shareBefore: 0.03,
          lift: 4,
          size: 31,
          examples: ["why was my transfer declined"],
        },
      ],
    },
    signals: 2,
  };
}

export function textMap(): Record<string, unknown> {
  const around = (seed: number, count: number, x: number, y: number, width: number) =>
    Array.from({ length: count }, (_, i) => [
      x + width * (noise(seed, i) + noise(seed + 9, i) - 1),
      y + width * (noise(seed + 5, i) + noise(seed + 7, i) - 1),
    ]);
  const recent = [around(31, 50, 0.8, 0.75, 0.13), around(41, 16, 0.52, 0.86, 0.08), around(51, 20, 0.3, 0.2, 0.09)];
  return {
    reference: [
      ...around(11, 130, 0.3, 0.3, 0.3),
      ...around(13, 90, 0.6, 0.25, 0.2),
      ...around(17, 70, 0.25, 0.65, 0.22),
    ],
    recent: recent.flatMap((dots, i) =>
      dots.map(([x, y]) => ({ x, y, far: i === 0, text: "where is my card", index: 0 })),
    ),
  };
}

export function latencyEpisode(at: SeriesPointDto, end: SeriesPointDto): EpisodeDto {
  return {
    id: "ep_lat",
    monitor: "checkout-latency",
    detector: "numeric",
    key: "all",
    kind: "drift",
    severity: "warning",
    state: "closed",
    opened: {
      index: at.to - 90,
      time: new Date(at.time!).toISOString(),
      position: { topic: "checkout", partition: 2, offset: "901226" },
    },
    closed: { index: end.to, time: new Date(end.time!).toISOString(), reason: "recovered" },
    onset: { index: at.to - 900, low: at.to - 1400, high: at.to - 700 },
    summary: `Since about event ${at.to - 900} (${at.to - 1400}–${at.to - 700}) values are higher: mean 241.1, before 182.4 (+1.9 standard deviations).`,
    explanation: {
      direction: "up",
      shares: { up: 0.91, down: 0, wider: 0.09, narrower: 0 },
      levels: LEVELS,
      before: {
        events: 1500,
        mean: 182.4,
        sd: 31.2,
        quantiles: [121, 137, 145, 155, 164, 172, 179, 187, 197, 210, 223, 238, 271],
      },
      after: {
        events: 812,
        mean: 241.1,
        sd: 56.3,
        quantiles: [131, 158, 174, 193, 208, 222, 236, 250, 266, 288, 314, 341, 402],
      },
      shift: 1.88,
      spreadRatio: 1.8,
    },
    signals: 2,
  };
}
