import type { MonitorSummary } from "../../../adapters/http/types.ts";
import { ENDED } from "../chart/episode-marks.ts";
import { Sparkline } from "../chart/sparkline.tsx";
import { formatCount, formatRate, formatRatio, formatTime, plural } from "../parts/format.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { tell } from "../parts/tell.ts";
import { When } from "../parts/when.tsx";
import { Link, monitorPath } from "../router.tsx";

export function MonitorRow({ monitor }: { monitor: MonitorSummary }) {
  const { name, title, state, status, driftingSince, keys, spark, eventRate } = monitor;
  return (
    <li class={`row is-${state === "halted" ? "halted" : status}`}>
      <div class="row-state">
        {state === "halted" ? (
          <StateMark status="drifting" word="stopped" />
        ) : status === "empty" ? (
          <StateMark status="learning" word="waiting" />
        ) : (
          <StateMark status={status} />
        )}
        {driftingSince !== null && status === "drifting" && (
          <span class="quiet small">
            <When time={driftingSince} prefix="since " />
          </span>
        )}
      </div>
      <div class="row-name">
        <h2>
          <Link to={monitorPath(name, aimOf(monitor))} class="cover">
            {name}
          </Link>
        </h2>
        <span class="quiet small">{title}</span>
      </div>
      <div class="row-change">
        <Change monitor={monitor} />
      </div>
      <div class={spark === null || spark === undefined || spark.points.length === 0 ? "row-spark none" : "row-spark"}>
        <Sparkline points={spark?.points ?? []} shade={shadeOf(monitor)} label={sparkLabel(monitor)} />
      </div>
      <div class="row-figures">
        <span>
          {keys.total > 0 && plural(keys.total, "key")}
          {keys.total > 1 && keys.drifting > 0 && (
            <span class="is-drifting"> {formatCount(keys.drifting)} drifting</span>
          )}
        </span>
        <span class="quiet" title="Events a second, over about the last ten seconds">
          {status === "empty" ? "" : eventRate === null ? "—" : formatRate(eventRate)}
        </span>
      </div>
    </li>
  );
}

function Change({ monitor }: { monitor: MonitorSummary }) {
  const { state, error, status, lastChange, source } = monitor;
  if (state === "halted") return <p class="sentence">{error ?? "Stopped."}</p>;
  if (lastChange !== null) {
    const { summary, opened, closed, key, onset } = lastChange;
    const several = monitor.keys.total > 1 && key !== "";
    return (
      <>
        <p class="sentence">{tell(summary, onset, monitor.spark?.key === key ? monitor.spark.points : [])}</p>
        <p class="quiet small">
          {several && <span class="key-name">{key}, </span>}
          {opened.time === null ? `found at event ${formatCount(opened.index)}` : `found ${formatTime(opened.time)}`}
          {onset !== null && `, ${plural(Math.max(0, opened.index - onset.index), "event")} after it began`}
          {closed !== null && `, ${ENDED[closed.reason]}${closed.time === null ? "" : ` ${formatTime(closed.time)}`}`}
          {closed === null && lastChange.state === "acknowledged" && ", acknowledged"}
        </p>
      </>
    );
  }
  if (status === "empty") return <p class="quiet">No event yet. Listening to {source}.</p>;
  if (status === "learning") return <p class="quiet">Learning what is normal.</p>;
  return <p class="quiet">No change so far.</p>;
}

/** The row leads to the key that needs a look. */
function aimOf({ lastChange, worst, keys }: MonitorSummary): string | undefined {
  if (keys.total <= 1) return undefined;
  return lastChange !== null && lastChange.closed === null ? lastChange.key : worst?.key;
}

function shadeOf({ lastChange, spark }: MonitorSummary) {
  if (lastChange === null || spark?.key !== lastChange.key) return null;
  return { from: lastChange.opened.index, to: lastChange.closed?.index ?? null };
}

function sparkLabel({ worst, spark }: MonitorSummary): string {
  const last = spark?.points.at(-1);
  if (last === undefined) return "No evidence measured yet";
  return `Evidence now ${formatRatio(worst?.ratio ?? last.ratio)} times the alarm line`;
}
