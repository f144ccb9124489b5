import type { Entry } from "./bank.ts";
import type { Replayed } from "./dead-letters.ts";
import type { Decoded } from "./decode.ts";
import { NO_SIGNALS, type Outcome } from "./detector.ts";
import { applyCommand, applySignal, type EpisodeChange, RECOVERED, type Reason, specOf } from "./episodes.ts";
import { notificationId, type Place, signalId } from "./ids.ts";
import { freshHeader, type OpenEpisode } from "./key-header.ts";
import { countSignal, type Monitor } from "./monitor.ts";
import { REFUSED_KEY, type Said } from "./refusals.ts";
import type { Rejection } from "./rejection.ts";
import { extendSeries } from "./series.ts";
import { SIGNAL_VERSION, type Signal, type SignalDraft } from "./signal.ts";
import type { RawRecord } from "./source.ts";
import type { CommandRecord, Commit, DeadLetter, Episode, LaneName, Notification, SeriesPoint } from "./store.ts";
import { traceOf } from "./trace.ts";

type Rows = Pick<Commit, "signals" | "episodes" | "notifications" | "deadLetters" | "series" | "replayed">;

/** Whose signal it is: a key with its state, or all that was refused. */
type Spoken = Pick<Entry, "key" | "header">;

/** What the next commit of a lane carries beside states and position. */
export interface Pending {
  accept(entry: Entry, event: Decoded, record: RawRecord, outcome: Outcome): void;
  reject(record: RawRecord, rejection: Rejection): void;
  /** What refused records say together, given the episodes that are open; returns those that are now. */
  sayOfRefusals(open: readonly OpenEpisode[], said: Said["says"][number]): readonly OpenEpisode[];
  /** A person's word on it; what is open then, or null: it is not about these. */
  commandOnRefusals(open: readonly OpenEpisode[], command: CommandRecord): readonly OpenEpisode[] | null;
  /** One that was asked for was fed again; null: it was accepted. */
  replayed(sequence: number, rejection: Rejection | null): void;
  command(entry: Entry, command: CommandRecord, offset: number): void;
  /** Last words of a key, after the recorded stream has ended at this offset. */
  finish(entry: Entry, drafts: readonly SignalDraft[], offset: number): void;
  rows(): Rows;
  size(): number;
  /** What the dead letters hold. */
  bytes(): number;
  committed(): void;
}

/** Whose place a signal names, and where in it. */
interface Spot {
  readonly place: Place;
  readonly offset: string;
  /** Offset in what the lane reads. */
  readonly at: number;
}

const KEPT_BYTES = 1 << 20;
/** How a person's word closes an episode. */
const REASONS = { acknowledge: undefined, adapt: "adapted", "false-alarm": "false-alarm" } as const;

/** `topicId`: the stream's identity where the source knows one: a recreated topic says other ids. */
export function createPending(monitor: Monitor, lane: LaneName, topicId: string): Pending {
  const { counters, model, detector } = monitor;
  const place: Place = {
    run: lane.run,
    monitor: lane.monitor,
    topicId,
    topic: lane.topic,
    partition: lane.partition,
  };
  const here = (offset: number): Spot => ({ place, offset: String(offset), at: offset });
  /** Where a record stood before it was keyed anew. */
  const spotOf = ({ origin, offset }: RawRecord): Spot =>
    origin === undefined
      ? here(offset)
      : { place: { run: place.run, monitor: place.monitor, ...origin }, offset: String(origin.offset), at: offset };
  /** Several that were handed over may stand at one offset. */
  const saltOf = ({ origin }: RawRecord): string => (origin?.ordinal === undefined ? "" : `#${origin.ordinal}`);
  let signals: Signal[] = [];
  let notifications: Notification[] = [];
  let deadLetters: DeadLetter[] = [];
  let series: SeriesPoint[] = [];
  let replayed: Replayed[] = [];
  let episodes = new Map<string, Episode>();
  let bytes = 0;

  const take = (entry: Spoken, change: EpisodeChange): void => {
    entry.header.open = change.open;
    for (const e of change.episodes) episodes.set(e.id, e);
    notifications.push(...change.notifications);
  };

  const say = (
    entry: Spoken,
    drafts: readonly SignalDraft[],
    index: number,
    time: number | null,
    { place, offset, at }: Spot,
    salt = "",
    reason?: Reason,
    trace: string | null = null,
  ): void => {
    drafts.forEach((draft, ordinal) => {
      const spec = specOf(detector, draft.kind) ?? {
        kind: draft.kind,
        severity: "info" as const,
        episode: "none" as const,
        help: "",
      };
      const score = draft.statistic !== null && draft.threshold ? draft.statistic / draft.threshold : null;
      const signal: Signal = {
        id: signalId(place, offset + salt, entry.key, draft.kind, ordinal),
        monitor: lane.monitor,
        detector: detector.name,
        key: entry.key,
        kind: draft.kind,
        severity: draft.severity ?? spec.severity,
        index,
        time: time === null ? null : new Date(time).toISOString(),
        position: { topic: place.topic, partition: place.partition, offset },
        onset: draft.onset,
        statistic: draft.statistic,
        threshold: draft.threshold,
        score,
        summary: draft.summary,
        explanation: draft.explanation,
        version: SIGNAL_VERSION,
      };
      signals.push(signal);
      monitor.heard?.(signal, { partition: lane.partition, offset: at });
      countSignal(counters, signal.kind, signal.severity, { signal: signal.id, trace });
      if (spec.episode === "opens") counters.lastDriftTime = time ?? counters.lastDriftTime;
      take(entry, applySignal(entry.header, spec, signal, draft.episodeOf, monitor.routes, reason));
      if (draft.deliver !== undefined)
        notifications.push(...remindersOf(signal, draft.deliver, monitor.reminders ?? []));
    });
  };

  /** The end of the episodes of a detector that never says so itself. */
  const quietSince = (entry: Entry, index: number): readonly SignalDraft[] =>
    entry.header.open
      .filter((o) => index - o.lastIndex >= monitor.quietEvents)
      .map((o) => ({
        kind: RECOVERED.kind,
        onset: null,
        statistic: null,
        threshold: null,
        summary: `No further ${o.episode.kind} in ${monitor.quietEvents} events.`,
        explanation: { reason: "quiet", events: monitor.quietEvents },
        episodeOf: o.episode.kind,
      }));

  return {
    accept(entry, event, record, outcome) {
      const h = entry.header;
      const index = h.events++;
      if (!monitor.gathered) counters.accepted++;
      if (event.time !== null) counters.lastEventTime = event.time;
      h.ratio = outcome.ratio;
      monitor.watch?.(entry.key, index, event.time, outcome.ratio, record.offset);
      const point = extendSeries(
        h,
        entry.key,
        index,
        event.time,
        outcome.ratio,
        outcome.signals.length > 0 && outcome.ratio >= 1,
      );
      if (point) series.push(point);
      if (outcome.signals.length > 0)
        say(entry, outcome.signals, index, event.time, spotOf(record), saltOf(record), undefined, traceOf(record));
      if (h.open.length > 0 && !model.recovers) {
        const drafts = quietSince(entry, index);
        if (drafts.length > 0) say(entry, drafts, index, event.time, spotOf(record), "quiet");
      }
    },
    reject(record, rejection) {
      counters.rejected[rejection.reason] = (counters.rejected[rejection.reason] ?? 0) + 1;
      const { time, key, value, headers, origin } = record;
      bytes += Math.min(value?.length ?? 0, KEPT_BYTES);
      // A copy: the record's bytes are a view of the whole batch.
      deadLetters.push({
        ...rejection,
        offset: origin?.offset ?? record.offset,
        ...(origin === undefined ? {} : { place: { topic: origin.topic, partition: origin.partition } }),
        time,
        key,
        value: value && Uint8Array.prototype.slice.call(value, 0, KEPT_BYTES),
        ...(headers && headers.length > 0 ? { headers } : {}),
        ...(monitor.deadLetterTopic ? { topicOut: monitor.deadLetterTopic } : {}),
      });
    },
    sayOfRefusals(open, { draft, offset, index, time }) {
      const together = { key: REFUSED_KEY, header: { ...freshHeader(), open } };
      say(together, [draft], index, time, here(offset));
      return together.header.open;
    },
    commandOnRefusals(open, command) {
      const meant = open.some((o) => command.episode === null || o.episode.id === command.episode);
      if (!meant) return null;
      const together = { key: REFUSED_KEY, header: { ...freshHeader(), open } };
      const { index, time } = open[0]!.episode.opened;
      take(together, applyCommand(together.header, command, { index, time }, monitor.routes));
      return together.header.open;
    },
    replayed(sequence, rejection) {
      replayed.push({ sequence, rejection });
    },
    command(entry, command, offset) {
      const h = entry.header;
      const at = { index: Math.max(0, h.events - 1), time: h.time === null ? null : new Date(h.time).toISOString() };
      const drafts = model.command?.(entry.state, { kind: command.kind }) ?? NO_SIGNALS;
      say(
        entry,
        drafts,
        at.index,
        h.time,
        here(Math.max(0, offset - 1)),
        `command:${command.id}`,
        REASONS[command.kind],
      );
      take(entry, applyCommand(h, command, at, monitor.routes));
    },
    finish(entry, drafts, offset) {
      const { events, time } = entry.header;
      say(entry, drafts, Math.max(0, events - 1), time, here(Math.max(0, offset - 1)), "end");
    },
    rows: () => ({ signals, episodes: [...episodes.values()], notifications, deadLetters, series, replayed }),
    size: () => signals.length + deadLetters.length + replayed.length + series.length + episodes.size,
    bytes: () => bytes,
    committed() {
      bytes = 0;
      signals = [];
      notifications = [];
      deadLetters = [];
      replayed = [];
      series = [];
      episodes = new Map();
    },
  };
}

/** What a signal asks to be told once, for each channel that hears reminders. */
function remindersOf(signal: Signal, asked: object, channels: readonly string[]): Notification[] {
  const { id, monitor, detector, key, kind, severity, time, summary } = signal;
  const body = JSON.stringify({ id, monitor, key, kind, severity, time, summary, ...asked });
  return channels.map((channel) => ({
    id: notificationId(id, channel, "reminder", 0),
    episode: null,
    signal: id,
    channel,
    phase: "reminder",
    about: { monitor, detector, key, kind, severity },
    body,
  }));
}
