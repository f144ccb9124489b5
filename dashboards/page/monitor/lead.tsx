import type { EpisodeDto, KeyDetail, MonitorDetail } from "../../../adapters/http/types.ts";
import { timeOf } from "../chart/model.ts";
import { isJson, textAt } from "../explain/read.ts";
import { formatCount, formatExact, formatSpan, formatTime, plural, words } from "../parts/format.ts";
import { tell } from "../parts/tell.ts";

const REASONS = {
  recovered: "by itself",
  quiet: "after a quiet while",
  adapted: "taken as the new normal",
  "false-alarm": "a false alarm",
  forgotten: "forgotten with what was learnt",
} as const;

/** What is told of a monitor and of a key, live or recorded. */
export type LeadMonitor = Pick<MonitorDetail, "promise" | "reference">;
export type LeadKey = Pick<KeyDetail, "inspection" | "series" | "episodes">;

interface Props {
  detail: LeadMonitor;
  value: LeadKey;
  episode: EpisodeDto | null;
}

/** One sentence that a person would say, and the few facts behind it. */
export function Lead({ detail, value, episode }: Props) {
  const { inspection, series } = value;
  const { promise } = inspection.details;
  const kept = isJson(promise) ? String(promise.kept) : "";
  return (
    <>
      <p class="lead">{leadSentence(detail, value, episode)}</p>
      {episode !== null && episode.closed !== null && (
        <p class="lead-past">The alarm said: “{tell(episode.summary, episode.onset, series)}”</p>
      )}
      {inspection.learning !== null && inspection.status === "learning" && (
        <progress
          class="learning"
          value={inspection.learning.seen}
          max={inspection.learning.wanted}
          aria-label="Events learnt from"
        />
      )}
      <dl class="lead-facts">
        {episode !== null && (
          <>
            {episode.onset !== null && (
              <Fact name="Change began">
                <Place index={episode.onset.index} time={timeOf(series, episode.onset.index)} about />
                <span class="quiet">
                  {" "}
                  (<Range onset={episode.onset} value={value} />)
                </span>
              </Fact>
            )}
            <Fact name="Found">
              <Place index={episode.opened.index} time={episode.opened.time} />
              {episode.onset !== null && (
                <span class="quiet">
                  , {plural(Math.max(0, episode.opened.index - episode.onset.index), "event")} later
                </span>
              )}
            </Fact>
            {episode.closed !== null && (
              <Fact name="Ended">
                <Place index={episode.closed.index} time={episode.closed.time} />
                <span class="quiet">, {REASONS[episode.closed.reason]}</span>
              </Fact>
            )}
            {episode.state === "acknowledged" && <Fact name="Seen">acknowledged</Fact>}
          </>
        )}
        {detail.promise !== null && (
          <Fact
            name={episode === null ? "False alarms" : "How sure"}
            title="The detector's promise for each kind of alarm, on average"
          >
            {episode === null ? "at most one" : "a false alarm at most once"} in{" "}
            {promisedIn(detail.promise, promise, episode)}
            {CAVEATS[kept] ?? ""}
          </Fact>
        )}
      </dl>
    </>
  );
}

/** 1,000 events, or what the detector promises in; some kinds of alarm have a promise of their own. */
function promisedIn(events: number, promise: unknown, episode: EpisodeDto | null): string {
  const told = isJson(promise) ? promise : {};
  const kinds = isJson(told.kinds) ? told.kinds : {};
  const own = episode === null ? null : textAt(kinds, episode.kind);
  if (own !== null) return own;
  const all = `${formatCount(events)} ${textAt(told, "unit") ?? "events"}`;
  const others = episode === null ? Object.entries(kinds).map(([kind, one]) => `; ${words(kind)}: in ${one}`) : [];
  return [all, ...others].join("");
}

function Fact({ name, title, children }: { name: string; title?: string; children: preact.ComponentChildren }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Time first where it is known, the exact event beside it. */
function Place({ index, time, about = false }: { index: number; time: number | string | null; about?: boolean }) {
  if (time === null) {
    return (
      <>
        {about ? "about event " : "event "}
        {formatCount(index)}
      </>
    );
  }
  return (
    <>
      <time dateTime={new Date(time).toISOString()} title={formatExact(time)}>
        {about ? "about " : ""}
        {formatTime(time)}
      </time>
      <span class="quiet">, event {formatCount(index)}</span>
    </>
  );
}

function Range({ onset, value }: { onset: { index: number; low: number; high: number }; value: LeadKey }) {
  const [at, from, to] = [onset.index, onset.low, onset.high].map((index) => timeOf(value.series, index));
  const times = at == null || from == null || to == null ? "" : formatSpan(from, to, at);
  return (
    <span title="Nine times out of ten the change lies in here">
      {times.includes("–") && `${times}, `}
      {formatCount(onset.low)}–{formatCount(onset.high)}
    </span>
  );
}

export function leadSentence(detail: LeadMonitor, value: LeadKey, episode: EpisodeDto | null): string {
  const { inspection, series, episodes } = value;
  if (inspection.status === "learning" && inspection.learning !== null) {
    const { seen, wanted } = inspection.learning;
    return `Learning what is normal: ${formatCount(seen)} of ${learntOf(wanted, detail)}. No alarm is possible before that.`;
  }
  if (episode !== null && episode.closed !== null)
    return ending(episode.closed, episode === episodes[0], inspection.status);
  if (episode !== null) return tell(episode.summary, episode.onset, series);
  if (inspection.status === "warning") return STIRRING;
  return detail.reference === null ? "No change so far." : "Nothing has changed since normal was learnt.";
}

/** 1,500 events, or what else the detector learns from. */
function learntOf(wanted: number, { reference }: LeadMonitor): string {
  return reference?.unit === undefined ? plural(wanted, "event") : `${formatCount(wanted)} ${reference.unit}`;
}

/** Where the detector says that it cannot keep its promise for this key. */
const CAVEATS: Readonly<Record<string, string>> = {
  none: " is asked for, but cannot be promised here (see below)",
  reduced: " or somewhat more often (see below)",
};

const STIRRING = "Something may be changing; the evidence is not strong enough for an alarm yet.";

function ending(closed: NonNullable<EpisodeDto["closed"]>, newest: boolean, status: string): string {
  const since = closed.time === null ? "" : ` since ${formatTime(closed.time)}`;
  if (closed.reason === "adapted") return `What had changed counts as normal${since}.`;
  if (closed.reason === "false-alarm") return "This was marked as a false alarm.";
  if (closed.reason === "forgotten") return "What was learnt was forgotten, and this alarm with it.";
  if (newest && status === "warning") return STIRRING;
  // The detector is a commit ahead of the list of alarms.
  if (newest && status === "drifting") return "A change was found this moment; what it is follows at once.";
  return newest && status === "steady" ? `Steady again${since}.` : `This alarm is over${since}.`;
}
