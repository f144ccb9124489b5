import type { DeadLetterDto, DeadLetterPage, MonitorSummary } from "../../../adapters/http/types.ts";
import { path } from "../data/api.ts";
import { changes, overview } from "../data/live.ts";
import { useNewest } from "../data/newest.ts";
import { readOnlyReason, session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { MonitorFilter } from "../parts/filters.tsx";
import { formatCount, plural, words } from "../parts/format.ts";
import { replayCommand } from "../parts/replay.ts";
import { When } from "../parts/when.tsx";
import { useTitle } from "../shell/problem.tsx";
import { SignIn } from "../shell/sign-in.tsx";

/** What was not accepted, why, and what it looked like. */
export function RejectedView({ query }: { query: URLSearchParams }) {
  useTitle("Rejected");
  const monitor = query.get("monitor") ?? "";
  const known = useStore(overview);
  const changed = useStore(changes);
  const may = useStore(session);
  const address = (after: string | null) => path(["dead-letters"], { monitor, limit: 100, after });
  const { rows, answer: value, failure, older } = useNewest(address, lettersOf, placeOf, changed);
  const counts = Object.entries(value?.counts ?? {}).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...counts.map(([, n]) => n));
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Rejected events</h1>
        <div class="filters">
          <MonitorFilter monitor={monitor} />
        </div>
      </div>
      {rows === null ? (
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
            {rows.map((letter) => (
              <Letter
                key={placeOf(letter)}
                letter={letter}
                monitor={known?.monitors.find(({ name }) => name === letter.monitor) ?? null}
              />
            ))}
          </ol>
          {older !== null && (
            <button type="button" class="button" onClick={older}>
              Show older
            </button>
          )}
        </>
      )}
    </div>
  );
}

function lettersOf({ deadLetters, next }: DeadLetterPage) {
  return { items: deadLetters, next };
}

function placeOf({ monitor, topic, partition, offset }: DeadLetterDto): string {
  return `${monitor} ${topic} ${partition} ${offset}`;
}

function Letter({ letter, monitor: source }: { letter: DeadLetterDto; monitor: MonitorSummary | null }) {
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
          <Again letter={letter} monitor={source} />
        </details>
      )}
    </li>
  );
}

/** How to send it again once it is mended: the service itself never changes what was sent. */
function Again({ letter, monitor }: { letter: DeadLetterDto; monitor: MonitorSummary | null }) {
  const command = replayCommand(letter, monitor, location.origin, useStore(session)?.tokenWanted);
  return command === null ? null : (
    <>
      <p class="quiet small">
        {monitor?.acceptsEvents === true
          ? "Mend it, then send it again:"
          : "Once the config is mended, feed those of this kind again:"}
      </p>
      <div class="code">
        <pre>{command}</pre>
        <CopyButton text={command} word="Copy" />
      </div>
    </>
  );
}
