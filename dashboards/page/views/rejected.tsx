import type { DeadLetterDto, DeadLetterPage } from "../../../adapters/http/types.ts";
import { path } from "../data/api.ts";
import { changes, overview } from "../data/live.ts";
import { useResource } from "../data/resource.ts";
import { readOnlyReason, session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { formatCount, plural, words } from "../parts/format.ts";
import { When } from "../parts/when.tsx";
import { go, withQuery } from "../router.tsx";
import { useTitle } from "../shell/problem.tsx";
import { SignIn } from "../shell/sign-in.tsx";

/** What was not accepted, why, and what it looked like. */
export function RejectedView({ query }: { query: URLSearchParams }) {
  useTitle("Rejected");
  const monitor = query.get("monitor") ?? "";
  const known = useStore(overview);
  const changed = useStore(changes);
  const may = useStore(session);
  const { value, failure } = useResource<DeadLetterPage>(path(["dead-letters"], { monitor, limit: 100 }), changed);
  const counts = Object.entries(value?.counts ?? {}).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...counts.map(([, n]) => n));
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Rejected events</h1>
        <div class="filters">
          <select
            class="field"
            aria-label="Monitor"
            value={monitor}
            onChange={(event) => go(withQuery({ monitor: event.currentTarget.value }), { replace: true })}
          >
            <option value="">Every monitor</option>
            {known?.monitors.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
      {value === null ? (
        <p class="quiet loading">
          {failure === null ? "Reading…" : failure.message}{" "}
          {failure?.status === 401 && readOnlyReason(may) !== null && <SignIn />}
        </p>
      ) : counts.length === 0 ? (
        <p class="quiet nothing">Nothing was rejected.</p>
      ) : (
        <>
          <dl class="reasons panel">
            {counts.map(([reason, n]) => (
              <div key={reason}>
                <dt>{words(reason)}</dt>
                <dd>
                  <span class="bar is-after" style={{ width: `${Math.max(0.5, (n / most) * 100)}%` }} />
                  <span class="bar-value">{formatCount(n)}</span>
                </dd>
              </div>
            ))}
          </dl>
          <ol class="letters">
            {value.deadLetters.map((letter) => (
              <Letter key={`${letter.monitor} ${letter.topic} ${letter.partition} ${letter.offset}`} letter={letter} />
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function Letter({ letter }: { letter: DeadLetterDto }) {
  const { monitor, topic, partition, offset, time, reason, detail, value, bytes } = letter;
  return (
    <li class="letter">
      <p>
        <strong>{words(reason)}</strong> <span>{detail}</span>
      </p>
      <p class="quiet small">
        {monitor}, {topic}, partition {partition}, offset {offset}
        {time !== null && (
          <>
            {", "}
            <When time={time} />
          </>
        )}
      </p>
      {value !== null && (
        <details class="more">
          <summary>{plural(bytes, "byte")}</summary>
          <pre>{value}</pre>
        </details>
      )}
    </li>
  );
}
