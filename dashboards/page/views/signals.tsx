import type { Signal, SignalPageDto } from "../../../adapters/http/types.ts";
import { path } from "../data/api.ts";
import { changes } from "../data/live.ts";
import { useNewest } from "../data/newest.ts";
import { useStore } from "../data/store.ts";
import { KeyFilter, MonitorFilter } from "../parts/filters.tsx";
import { formatCount, formatRatio, words } from "../parts/format.ts";
import { Severity } from "../parts/severity.tsx";
import { tell } from "../parts/tell.ts";
import { When } from "../parts/when.tsx";
import { go, Link, monitorPath, withQuery } from "../router.tsx";
import { useTitle } from "../shell/problem.tsx";

const PAGE = 100;
/** The key of a monitor that has only one. */
const ONE_KEY = "all";

export function SignalsView({ query }: { query: URLSearchParams }) {
  useTitle("Signals");
  const monitor = query.get("monitor") ?? "";
  const kind = query.get("kind") ?? "";
  const key = query.get("key") ?? "";
  const address = (after: string | null) =>
    path(["signals"], { monitor, kind, key, newest: "true", limit: PAGE, after });
  const changed = useStore(changes);
  const { rows, failure, older } = useNewest(address, signalsOf, (signal) => signal.id, changed);
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Signals</h1>
        <Filters monitor={monitor} kind={kind} keyName={key} seen={rows ?? []} />
      </div>
      {rows === null ? (
        <p class="quiet loading">{failure === null ? "Reading…" : failure.message}</p>
      ) : rows.length === 0 ? (
        <p class="quiet nothing">
          {monitor === "" && kind === "" && key === ""
            ? "Nothing has been signalled yet."
            : "No signal matches this filter."}
        </p>
      ) : (
        <ol class="signal-list">
          {rows.map((signal) => (
            <SignalRow key={signal.id} signal={signal} />
          ))}
        </ol>
      )}
      {older !== null && (
        <button type="button" class="button" onClick={older}>
          Show older
        </button>
      )}
    </div>
  );
}

function signalsOf({ signals, next }: SignalPageDto) {
  return { items: signals, next };
}

function SignalRow({ signal }: { signal: Signal }) {
  const { monitor, key, kind, severity, index, time, score, summary, position } = signal;
  const place = `${position.topic} · partition ${position.partition} · offset ${position.offset}`;
  return (
    <li class="signal">
      <span class="signal-when small" title={place}>
        {time === null ? null : <When time={time} />}
        <span class="quiet"> event {formatCount(index)}</span>
      </span>
      <Severity kind={kind} severity={severity} word={words(kind)} />
      <span class="signal-what">
        <Link to={monitorPath(monitor, key)}>{tell(summary, signal.onset, [])}</Link>
        <span class="quiet small">
          {monitor}
          {key !== ONE_KEY && `, ${key}`}
        </span>
      </span>
      <span class="signal-score small quiet" title="statistic ÷ threshold">
        {score === null ? "" : `${formatRatio(score)} × the alarm line`}
      </span>
    </li>
  );
}

interface FilterProps {
  monitor: string;
  kind: string;
  keyName: string;
  seen: readonly Signal[];
}

function Filters({ monitor, kind, keyName, seen }: FilterProps) {
  const kinds = [
    ...new Set([
      "drift",
      "surge",
      "warning",
      "recovered",
      ...seen.map((signal) => signal.kind),
      ...(kind === "" ? [] : [kind]),
    ]),
  ];
  return (
    <div class="filters">
      <MonitorFilter monitor={monitor} />
      <label>
        <span class="unseen">Kind</span>
        <select
          class="field"
          value={kind}
          onChange={(event) => go(withQuery({ kind: event.currentTarget.value }), { replace: true })}
        >
          <option value="">Every kind</option>
          {kinds.map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
      </label>
      <KeyFilter keyName={keyName} />
    </div>
  );
}
