import type { EpisodeDto, KeyDetail, MonitorDetail } from "../../../adapters/http/types.ts";
import { timeOf } from "../chart/model.ts";
import { formatCount, formatExact, formatTime, plural } from "../parts/format.ts";
import { tell } from "../parts/tell.ts";
import { ENDED } from "../views/monitor-row.tsx";

interface Props {
  detail: MonitorDetail;
  value: KeyDetail;
  episode: EpisodeDto | null;
}

/** One sentence that a person would say, and the few facts behind it. */
export function Lead({ detail, value, episode }: Props) {
  const { inspection, series } = value;
  return (
    <>
      <p class="lead">{leadSentence(detail, value, episode)}</p>
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
                  (<Range low={episode.onset.low} high={episode.onset.high} value={value} />)
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
                <span class="quiet">, {ENDED[episode.closed.reason].replace(" since", "")}</span>
              </Fact>
            )}
            {episode.state === "acknowledged" && <Fact name="Seen">acknowledged</Fact>}
          </>
        )}
        {detail.promise !== null && (
          <Fact name="How sure" title="The detector's promise for each kind of alarm, on average">
            at most one false alarm in {formatCount(detail.promise)} events
          </Fact>
        )}
      </dl>
    </>
  );
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

function Range({ low, high, value }: { low: number; high: number; value: KeyDetail }) {
  const from = timeOf(value.series, low);
  const to = timeOf(value.series, high);
  const [a, b] = from === null || to === null ? ["", ""] : [formatTime(from), formatTime(to)];
  return (
    <span title="Nine times out of ten the change lies in here">
      {a !== b && `${a}–${b}, `}
      {formatCount(low)}–{formatCount(high)}
    </span>
  );
}

export function leadSentence(
  detail: MonitorDetail,
  { inspection, series }: KeyDetail,
  episode: EpisodeDto | null,
): string {
  if (inspection.status === "learning" && inspection.learning !== null) {
    const { seen, wanted } = inspection.learning;
    return `Learning what is normal: ${formatCount(seen)} of ${plural(wanted, "event")}. No alarm is possible before that.`;
  }
  if (episode !== null) return `${ending(episode)}${tell(episode.summary, episode.onset, series)}`;
  if (inspection.status === "warning")
    return "Something may be changing; the evidence is not strong enough for an alarm yet.";
  return detail.reference === null ? "No change so far." : "Nothing has changed since the reference was learnt.";
}

function ending({ closed }: EpisodeDto): string {
  if (closed === null) return "";
  const since = closed.time === null ? "" : ` since ${formatTime(closed.time)}`;
  switch (closed.reason) {
    case "adapted":
      return `Taken as the new normal${since}. `;
    case "false-alarm":
      return "Marked as a false alarm. ";
    default:
      return `Over${since}. `;
  }
}
