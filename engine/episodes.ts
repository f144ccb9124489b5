import type { Detector, SignalSpec } from "./detector.ts";
import { episodeId, notificationId } from "./ids.ts";
import type { KeyHeader, OpenEpisode } from "./key-header.ts";
import type { About, Phase } from "./notification.ts";
import { SCHEMA_CHANGE } from "./refusals.ts";
import { type Route, takes } from "./route.ts";
import { SIGNAL_VERSION, type Signal } from "./signal.ts";
import type { Episode, Notification } from "./store.ts";

/** What one signal changes: pure, so that a replay says the same. */
export interface EpisodeChange {
  readonly open: readonly OpenEpisode[];
  readonly episodes: readonly Episode[];
  readonly notifications: readonly Notification[];
}

export function specOf(detector: Detector, kind: string): SignalSpec | undefined {
  return detector.signals.find((s) => s.kind === kind) ?? ENGINE_SIGNALS.find((s) => s.kind === kind);
}

/** The engine's own: closes episodes of detectors that never say recovered. */
export const RECOVERED: SignalSpec = {
  kind: "recovered",
  severity: "info",
  episode: "closes",
  help: "The statistic stayed quiet long enough: the episode is over.",
};

const ENGINE_SIGNALS = [RECOVERED, SCHEMA_CHANGE];

export function applySignal(
  header: KeyHeader,
  spec: SignalSpec,
  signal: Signal,
  episodeOf: string | undefined,
  routes: readonly Route[],
  reason: Reason = reasonOf(signal),
): EpisodeChange {
  if (spec.episode === "opens") return openOrExtend(header, signal, routes);
  if (spec.episode === "none") return { open: header.open, episodes: [], notifications: [] };
  const touched = header.open.filter((o) => episodeOf === undefined || o.episode.kind === episodeOf);
  if (spec.episode === "updates") return update(header, touched, signal, routes);
  return close(header, touched, signal, routes, reason);
}

export type Reason = NonNullable<Episode["closed"]>["reason"];

function reasonOf({ kind, explanation }: Signal): Reason {
  if (kind === "adapted") return "adapted";
  return explanation.reason === "quiet" ? "quiet" : "recovered";
}

function openOrExtend(header: KeyHeader, signal: Signal, routes: readonly Route[]): EpisodeChange {
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
  const notifications = notify(routes, episode, "opened", 0, signal);
  return {
    open: [...header.open, { episode, lastIndex: index, sequence: 1 }],
    episodes: [episode],
    notifications,
  };
}

function update(
  header: KeyHeader,
  touched: readonly OpenEpisode[],
  signal: Signal,
  routes: readonly Route[],
): EpisodeChange {
  const { summary, explanation } = signal;
  const notifications = touched.flatMap((o) => notify(routes, o.episode, "updated", o.sequence, signal));
  const changed = touched.map((o) => ({
    ...o,
    sequence: o.sequence + 1,
    episode: {
      ...o.episode,
      summary,
      explanation,
      onset: signal.onset ?? o.episode.onset,
      signals: o.episode.signals + 1,
    },
  }));
  return replace(header, changed, notifications);
}

function close(
  header: KeyHeader,
  touched: readonly OpenEpisode[],
  signal: Signal,
  routes: readonly Route[],
  reason: Reason,
): EpisodeChange {
  const episodes = touched.map(
    (o): Episode => ({ ...o.episode, state: "closed", closed: { index: signal.index, time: signal.time, reason } }),
  );
  const notifications = touched.flatMap((o) => notify(routes, o.episode, "resolved", o.sequence, signal));
  return { open: header.open.filter((o) => !touched.includes(o)), episodes, notifications };
}

/** A person's word on open episodes. */
export function applyCommand(
  header: KeyHeader,
  command: { readonly id: number; readonly kind: "acknowledge" | "adapt" | "false-alarm" } & Word,
  at: { readonly index: number; readonly time: string | null },
  routes: readonly Route[],
): EpisodeChange {
  const touched = header.open.filter((o) => command.episode === null || o.episode.id === command.episode);
  const tell = (o: OpenEpisode, phase: Phase): readonly Notification[] =>
    notify(routes, o.episode, phase, o.sequence, wordOf(o.episode, spokenOf(command), at));
  if (command.kind === "acknowledge") {
    const unseen = touched.filter((o) => o.episode.state === "open");
    return replace(
      header,
      unseen.map((o) => ({
        ...o,
        sequence: o.sequence + 1,
        episode: { ...o.episode, state: "acknowledged" as const, acknowledged: at },
      })),
      unseen.flatMap((o) => tell(o, "acknowledged")),
    );
  }
  const reason = command.kind === "adapt" ? ("adapted" as const) : ("false-alarm" as const);
  const episodes = touched.map((o): Episode => ({ ...o.episode, state: "closed", closed: { ...at, reason } }));
  return {
    open: header.open.filter((o) => !touched.includes(o)),
    episodes,
    notifications: touched.flatMap((o) => tell(o, "resolved")),
  };
}

interface Word {
  readonly episode: string | null;
  readonly note: string | null;
}

const WORDS = {
  acknowledge: { kind: "acknowledged", says: "A person has seen it" },
  adapt: { kind: "adapted", says: "The recent past is the new normal" },
  "false-alarm": { kind: "false_alarm", says: "A person called it a false alarm" },
} as const;

function spokenOf({ id, kind, note }: { readonly id: number; readonly kind: keyof typeof WORDS } & Word): Spoken {
  const { kind: told, says } = WORDS[kind];
  const summary = note === null || note === "" ? `${says}.` : `${says}: ${note}`;
  return { id: String(id), kind: told, summary, explanation: { reason: kind, note } };
}

interface Spoken {
  /** Of the episode's words, this one. */
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly explanation: Signal["explanation"];
}

/** What becomes of an episode without a finding, in a signal's form, for those who are told of it; it is not kept as one. */
export function wordOf(
  { id, monitor, detector, key, opened, onset }: Episode,
  { id: word, kind, summary, explanation }: Spoken,
  at: { readonly index: number; readonly time: string | null },
): Signal {
  return {
    id: `${id.replace("epi_", "sig_")}_${word}`,
    monitor,
    detector,
    key,
    kind,
    severity: "info",
    index: at.index,
    time: at.time,
    position: opened.position,
    onset,
    statistic: null,
    threshold: null,
    score: null,
    summary,
    explanation,
    version: SIGNAL_VERSION,
  };
}

function replace(
  header: KeyHeader,
  changed: readonly OpenEpisode[],
  notifications: readonly Notification[],
): EpisodeChange {
  const open = header.open.map((o) => changed.find((c) => c.episode.id === o.episode.id) ?? o);
  return { open, episodes: changed.map((c) => c.episode), notifications };
}

export function notify(
  routes: readonly Route[],
  episode: Episode,
  phase: Phase,
  sequence: number,
  signal: Signal,
): readonly Notification[] {
  const { id, monitor, detector, key, kind, severity } = episode;
  const about: About = { monitor, detector, key, kind, severity };
  return routes
    .filter((route) => takes(route, about, phase))
    .map(({ channel }) => ({
      id: notificationId(id, channel, phase, sequence),
      episode: id,
      signal: signal.id,
      channel,
      phase,
      about,
      body: JSON.stringify(signal),
    }));
}
