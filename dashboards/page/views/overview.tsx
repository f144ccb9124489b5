import { Fragment } from "preact";
import type { MonitorSummary, Overview } from "../../../adapters/http/types.ts";
import { overview } from "../data/live.ts";
import { useStore } from "../data/store.ts";
import { formatCount, formatTime, plural } from "../parts/format.ts";
import { URGENCY } from "../parts/state-mark.tsx";
import { useTitle } from "../shell/problem.tsx";
import { FirstEvent } from "./first-event.tsx";
import { MonitorRow } from "./monitor-row.tsx";

export function OverviewView() {
  const known = useStore(overview);
  const drifting = known?.monitors.filter((monitor) => monitor.status === "drifting").length ?? 0;
  useTitle(drifting > 0 ? `${drifting} drifting` : "");
  if (known === null) return <p class="wide loading quiet">Reading the gauges…</p>;
  const rows = [...known.monitors].sort(byNeed);
  const silent = rows.filter((monitor) => monitor.status === "empty" && monitor.state !== "halted");
  return (
    <div class="wide overview">
      <h1 class="headline">{headline(known)}</h1>
      {!known.ready && known.reasons.length > 0 && <p class="notice">Not ready yet: {known.reasons.join(" ")}</p>}
      {rows.length > 0 && (
        <>
          <ul class="ledger">
            {rows.map((monitor) => (
              <MonitorRow key={monitor.name} monitor={monitor} />
            ))}
          </ul>
          {silent.length < rows.length && (
            <p class="caption quiet small">
              Each curve is the evidence that something changed; the dashed line is where an alarm is raised.
            </p>
          )}
        </>
      )}
      {silent.length > 0 && silent.length === rows.length && <FirstEvent monitor={silent[0]!} />}
      {rows.length === 0 && (
        <section class="panel">
          <h2>No monitor is configured</h2>
          <p>
            Name one under <code>monitors:</code> in <code>tidegauge.yaml</code> and start the service again.
          </p>
        </section>
      )}
    </div>
  );
}

/** Halted and drifting first, then by how near the alarm the worst key is. */
function byNeed(a: MonitorSummary, b: MonitorSummary): number {
  return need(a) - need(b) || nearness(b) - nearness(a) || a.name.localeCompare(b.name);
}

/** In steps, so that rows do not dance while evidence moves a little. */
function nearness({ worst }: MonitorSummary): number {
  return worst === null ? -9 : Math.round(Math.log10(Math.max(worst.ratio, 1e-3)));
}

function need({ state, status }: MonitorSummary): number {
  if (state === "halted") return -1;
  return status === "empty" ? 2.5 : URGENCY[status];
}

function headline({ monitors, outbox }: Overview) {
  const drifting = monitors.filter((monitor) => monitor.status === "drifting");
  const halted = monitors.filter((monitor) => monitor.state === "halted").length;
  const learning = monitors.filter((monitor) => monitor.status === "learning").length;
  const since = drifting.map((monitor) => monitor.driftingSince).filter((time) => time !== null);
  const oldest = since.length > 0 ? since.reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b)) : null;
  const lags = monitors.map((monitor) => monitor.lag).filter((lag) => lag !== null);
  const lag = lags.reduce((sum, one) => sum + one, 0);
  const parts = [
    plural(monitors.length, "monitor"),
    drifting.length > 0 ? (
      <strong class="is-drifting">
        {formatCount(drifting.length)} drifting{oldest === null ? "" : ` since ${formatTime(oldest)}`}
      </strong>
    ) : monitors.length > 0 ? (
      "none drifting"
    ) : null,
    halted > 0 ? <strong class="is-drifting">{halted} stopped</strong> : null,
    learning > 0 ? `${formatCount(learning)} still learning` : null,
    `${plural(outbox.waiting, "alert")} waiting`,
    outbox.dead > 0 ? <strong class="is-warning">{plural(outbox.dead, "alert")} undelivered</strong> : null,
    lags.length === 0 ? null : lag === 0 ? "nothing behind" : `${plural(lag, "event")} behind`,
  ].filter((part) => part !== null);
  return parts.map((part, i) => (
    <Fragment key={i}>
      {i > 0 && ", "}
      {part}
      {i === parts.length - 1 && "."}
    </Fragment>
  ));
}
