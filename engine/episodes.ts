import type { Detector, SignalSpec } from "./detector.ts";
import { episodeId, notificationId } from "./ids.ts";
import type { KeyHeader, OpenEpisode } from "./key-header.ts";
import type { Signal } from "./signal.ts";
import type { Episode, Notification } from "./store.ts";

/** What one signal changes: pure, so that a replay says the same. */
export interface EpisodeChange {
  readonly open: readonly OpenEpisode[];
  readonly episodes: readonly Episode[];
  readonly notifications: readonly Notification[];
}

export function specOf(detector: Detector, kind: string): SignalSpec | undefined {
  return detector.signals.find((s) => s.kind === kind) ?? (kind === RECOVERED.kind ? RECOVERED : undefined);
}

/** The engine's own: closes episodes of detectors that never say recovered. */
export const RECOVERED: SignalSpec = {
  kind: "recovered",
  severity: "info",
  episode: "closes",
  help: "The statistic stayed quiet long enough: the episode is over.",
};

export function applySignal(
  header: KeyHeader,
  spec: SignalSpec,
  signal: Signal,
  episodeOf: string | undefined,
  channels: readonly string[],
  reason: Reason = reasonOf(signal),
): EpisodeChange {
  if (spec.episode === "opens") return openOrExtend(header, signal, channels);
  if (spec.episode === "none") return { open: header.open, episodes: [], notifications: [] };
  const touched = header.open.filter((o) => episodeOf === undefined || o.episode.kind === episodeOf);
  if (spec.episode === "updates") return update(header, touched, signal);
  return close(header, touched, signal, channels, reason);
}

export type Reason = NonNullable<Episode["closed"]>["reason"];

function reasonOf({ kind, explanation }: Signal): Reason {
  if (kind === "adapted") return "adapted";
  return explanation.reason === "quiet" ? "quiet" : "recovered";
}

function openOrExtend(header: KeyHeader, signal: Signal, channels: readonly string[]): EpisodeChange {
  const known = header.open.find((o) => o.episode.kind === signal.kind);
  if (known) {
    const episode = { ...known.episode, signals: known.episode.signals + 1 };
    return replace(header, [{ ...known, episode, lastIndex: signal.index }], []);
  }
  const { monitor, detector, key, kind, severity, onset, summary, explanation, index, time, position } = signal;
  const id = episodeId(signal.id);
  const opened = { index, time, position };
  const episode: Episode = {
    id,
    monitor,
    detector,
    key,
    kind,
    severity,
    state: "open",
    opened,
    closed: null,
    onset,
    summary,
    explanation,
    signals: 1,
  };
  const notifications = channels.map((channel) => notify(id, signal, channel, "opened", 0));
  return {
    open: [...header.open, { episode, lastIndex: index, sequence: 1 }],
    episodes: [episode],
    notifications,
  };
}

function update(header: KeyHeader, touched: readonly OpenEpisode[], signal: Signal): EpisodeChange {
  const { summary, explanation } = signal;
  const changed = touched.map((o) => ({
    ...o,
    episode: {
      ...o.episode,
      summary,
      explanation,
      onset: signal.onset ?? o.episode.onset,
      signals: o.episode.signals + 1,
    },
  }));
  return replace(header, changed, []);
}

function close(
  header: KeyHeader,
  touched: readonly OpenEpisode[],
  signal: Signal,
  channels: readonly string[],
  reason: NonNullable<Episode["closed"]>["reason"],
): EpisodeChange {
  const episodes = touched.map(
    (o): Episode => ({ ...o.episode, state: "closed", closed: { index: signal.index, time: signal.time, reason } }),
  );
  const notifications = touched.flatMap((o) =>
    channels.map((channel) => notify(o.episode.id, signal, channel, "resolved", o.sequence)),
  );
  return { open: header.open.filter((o) => !touched.includes(o)), episodes, notifications };
}

/** A person's word on open episodes. */
export function applyCommand(
  header: KeyHeader,
  kind: "acknowledge" | "adapt" | "false-alarm",
  episode: string | null,
  at: { readonly index: number; readonly time: string | null },
): EpisodeChange {
  const touched = header.open.filter((o) => episode === null || o.episode.id === episode);
  if (kind === "acknowledge") {
    return replace(
      header,
      touched.map((o) => ({ ...o, episode: { ...o.episode, state: "acknowledged" as const } })),
      [],
    );
  }
  const reason = kind === "adapt" ? ("adapted" as const) : ("false-alarm" as const);
  const episodes = touched.map((o): Episode => ({ ...o.episode, state: "closed", closed: { ...at, reason } }));
  return { open: header.open.filter((o) => !touched.includes(o)), episodes, notifications: [] };
}

function replace(
  header: KeyHeader,
  changed: readonly OpenEpisode[],
  notifications: readonly Notification[],
): EpisodeChange {
  const open = header.open.map((o) => changed.find((c) => c.episode.id === o.episode.id) ?? o);
  return { open, episodes: changed.map((c) => c.episode), notifications };
}

function notify(
  episode: string,
  signal: Signal,
  channel: string,
  phase: Notification["phase"],
  sequence: number,
): Notification {
  return {
    id: notificationId(episode, channel, phase, sequence),
    episode,
    signal: signal.id,
    channel,
    phase,
    body: JSON.stringify(signal),
  };
}
