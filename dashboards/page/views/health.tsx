import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Health, LaneDto } from "../../../adapters/http/types.ts";
import { path } from "../data/api.ts";
import { useResource } from "../data/resource.ts";
import { formatCount, formatSeconds, plural } from "../parts/format.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { When } from "../parts/when.tsx";
import { useTitle } from "../shell/problem.tsx";
import { Undelivered } from "./undelivered.tsx";

const REFRESH_MS = 3_000;

/** Is the service itself well: store, partitions, alerts, machine. */
export function HealthView() {
  useTitle("Health");
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((n) => n + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const { value, failure } = useResource<Health>(path(["health"]), tick);
  if (value === null) return <p class="wide quiet loading">{failure === null ? "Reading…" : failure.message}</p>;
  const { outbox, store, backend } = value;
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Health</h1>
        {value.ready ? <StateMark status="steady" word="ready" /> : <StateMark status="drifting" word="not ready" />}
      </div>
      {value.reasons.length > 0 && <p class="notice">{value.reasons.join(" ")}</p>}
      <dl class="tiles">
        <Tile name="Store">{store.ok ? "answers" : (store.error ?? "does not answer")}</Tile>
        <Tile name="Alerts">
          {outbox === null ? "not known" : `${plural(outbox.waiting, "alert")} waiting`}
          {outbox !== null && outbox.dead > 0 && `, ${formatCount(outbox.dead)} undelivered`}
          {outbox !== null && outbox.waiting > 0 && <small>oldest {formatSeconds(outbox.oldestSeconds)}</small>}
          <small>{value.channels.length === 0 ? "no channel configured" : value.channels.join(", ")}</small>
        </Tile>
        <Tile name="Computes on">
          {backend.backend}
          <small>
            {backend.device}
            {backend.gpu ? "" : ", no GPU"}
          </small>
        </Tile>
        <Tile name="Running for">
          {formatSeconds(value.uptimeSeconds)}
          <small>{formatCount(Math.round(value.residentBytes / 2 ** 20))} MiB of memory</small>
        </Tile>
        <Tile name="Version">
          {value.version}
          <small>
            {value.revision.slice(0, 9)} Node {value.node.replace(/^v/, "")}
          </small>
        </Tile>
      </dl>
      {outbox !== null && outbox.dead > 0 && <Undelivered tick={outbox.dead} />}
      {value.monitors.map((monitor) => (
        <section key={monitor.name} class="panel lanes">
          <h2>
            {monitor.name}{" "}
            <span class="quiet">
              {monitor.state}, {plural(monitor.keysInMemory, "key")} in memory
            </span>
          </h2>
          {monitor.error !== null && <p class="notice">{monitor.error}</p>}
          <Lanes lanes={monitor.lanes} />
        </section>
      ))}
    </div>
  );
}

function Tile({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Lanes({ lanes }: { lanes: readonly LaneDto[] }) {
  if (lanes.length === 0) return <p class="quiet">No partition is assigned yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label="Partitions">
      <table>
        <thead>
          <tr>
            <th scope="col">Stream</th>
            <th scope="col" class="num">
              Partition
            </th>
            <th scope="col" class="num">
              Committed up to
            </th>
            <th scope="col" class="num">
              Behind
            </th>
            <th scope="col">Last commit</th>
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane) => (
            <tr key={`${lane.topic} ${lane.partition}`}>
              <td>
                {lane.topic}
                {lane.error !== null && <span class="is-drifting"> {lane.error}</span>}
              </td>
              <td class="num">{lane.partition}</td>
              <td class="num">{lane.nextOffset ?? "—"}</td>
              <td class="num">{lane.lag === null ? "—" : formatCount(lane.lag)}</td>
              <td>{lane.committedAt === null ? "—" : <When time={lane.committedAt} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
