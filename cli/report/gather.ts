import { inspectionOf } from "../../adapters/http/present.ts";
import { snapshotOf } from "../../engine/bank.ts";
import { unpackState } from "../../engine/key-header.ts";
import type { Monitor } from "../../engine/monitor.ts";
import type { Episode, Store } from "../../engine/store.ts";
import { pointsOf } from "./curve.ts";
import type { ReportEpisode, ReportKey } from "./data.ts";
import type { Recorded, Recording } from "./recording.ts";

/** So that a report of any stream opens at once and can be sent by mail. */
const KEYS = 200;
const POINTS = 60_000;
const POINTS_OF_KEY = 1_500;
const EPISODES = 1_000;
const EPISODES_OF_KEY = 50;
const JSON_CHARACTERS = 2_000_000;

/** Newest first. */
export async function allEpisodes(store: Store, monitor: string): Promise<readonly Episode[]> {
  const found: Episode[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.episodes({ monitor, limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page.items);
    after = page.items.length === 0 ? null : page.next;
  }
  return found;
}

/** The keys in order of need, each with as much as fits. */
export async function gatherKeys(
  monitor: Monitor,
  store: Store,
  recording: Recording,
  episodes: readonly Episode[],
): Promise<readonly ReportKey[]> {
  const byKey = new Map<string, Episode[]>();
  for (const episode of episodes) byKey.set(episode.key, [...(byKey.get(episode.key) ?? []), episode]);
  const episodesOf = (key: string): readonly Episode[] => byKey.get(key) ?? [];
  const isOpen = (key: string): number => Number(episodesOf(key).some((one) => one.closed === null));
  const order = [...recording.keys].sort(
    ([a, x], [b, y]) =>
      isOpen(b) - isOpen(a) ||
      episodesOf(b).length - episodesOf(a).length ||
      y.peak - x.peak ||
      y.events - x.events ||
      (a < b ? -1 : 1),
  );
  const chosen = order.slice(0, KEYS);
  const room: Room = {
    points: Math.min(POINTS_OF_KEY, Math.floor(POINTS / Math.max(1, chosen.length))),
    episodes: EPISODES,
    characters: JSON_CHARACTERS,
  };
  const keys: ReportKey[] = [];
  for (const [key, recorded] of chosen)
    keys.push(await gatherKey(monitor, store, key, recorded, episodesOf(key), room));
  return keys;
}

interface Room {
  readonly points: number;
  episodes: number;
  characters: number;
}

async function gatherKey(
  monitor: Monitor,
  store: Store,
  key: string,
  { curve, events, peak, now }: Recorded,
  episodes: readonly Episode[],
  room: Room,
): Promise<ReportKey> {
  const points = pointsOf(curve, room.points);
  const shown = episodes.slice(0, Math.min(EPISODES_OF_KEY, room.episodes));
  room.episodes -= shown.length;
  return {
    key,
    events,
    peak: short(peak),
    now: short(now),
    inspection: withDetails((await inspectKey(monitor, store, key)) ?? NOTHING, room),
    from: points[0]?.from ?? 0,
    to: points.map((point) => point.to),
    time: points.every((point) => point.time !== null) ? points.map((point) => point.time!) : null,
    ratio: points.map((point) => short(point.ratio)),
    episodes: shown.map((one) => within(one, room)),
    episodeCount: episodes.length,
  };
}

/** The explanation only where there is room for it. */
function within(episode: Episode, room: Room): ReportEpisode {
  const characters = JSON.stringify(episode.explanation).length;
  const explained = characters <= room.characters;
  if (explained) room.characters -= characters;
  return { ...episode, explanation: explained ? { ...episode.explanation } : {}, explained };
}

/** As the key stands at the end; null: it is not stored. */
export async function inspectKey(monitor: Monitor, store: Store, key: string): Promise<ReportKey["inspection"] | null> {
  const stored = await store.key(monitor.run, monitor.name, key);
  if (stored === null) return null;
  const { version, running } = unpackState(stored.blob);
  const [state] = await monitor.model.load([snapshotOf(monitor.detector, stored, version, running)]);
  return inspectionOf(monitor.model.inspect(state));
}

/** The details only where there is room for them. */
function withDetails(inspection: ReportKey["inspection"], room: Room): ReportKey["inspection"] {
  const characters = JSON.stringify(inspection.details).length;
  if (characters > room.characters) return { ...inspection, details: {} };
  room.characters -= characters;
  return inspection;
}

const NOTHING: ReportKey["inspection"] = {
  status: "learning",
  statistic: null,
  threshold: null,
  gauges: {},
  learning: null,
  details: {},
};

/** Four digits are more than a chart shows. */
function short(ratio: number): number {
  return Number(ratio.toPrecision(4));
}
