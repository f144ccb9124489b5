import { useState } from "preact/hooks";
import type { EpisodeDto, EpisodePage } from "../../../adapters/http/types.ts";
import { ENDED } from "../chart/episode-marks.ts";
import { path } from "../data/api.ts";
import { acknowledge } from "../data/commands.ts";
import { changes } from "../data/live.ts";
import { useNewest } from "../data/newest.ts";
import { readOnlyReason, session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { KeyFilter, MonitorFilter } from "../parts/filters.tsx";
import { formatCount, plural, words } from "../parts/format.ts";
import { Severity } from "../parts/severity.tsx";
import { tell } from "../parts/tell.ts";
import { When } from "../parts/when.tsx";
import { go, Link, monitorPath, withQuery } from "../router.tsx";
import { useTitle } from "../shell/problem.tsx";
import { SignIn } from "../shell/sign-in.tsx";

const PAGE = 100;
/** The key of a monitor that has only one. */
const ONE_KEY = "all";
const STATES = ["open", "acknowledged", "closed"] as const;

/** Every alarm from its first signal until it is over; those that nobody has seen yet come first to hand. */
export function AlarmsView({ query }: { query: URLSearchParams }) {
  useTitle("Alarms");
  const monitor = query.get("monitor") ?? "";
  const key = query.get("key") ?? "";
  const state = query.get("state") ?? "open";
  const only = state === "any" ? "" : state;
  const changed = useStore(changes);
  const address = (after: string | null) => path(["episodes"], { monitor, key, state: only, limit: PAGE, after });
  const { rows, failure, older, reload } = useNewest(address, episodesOf, (episode) => episode.id, changed);
  const [taken, take] = useState<ReadonlySet<string>>(new Set());
  const [said, say] = useState("");
  const known = useStore(session);
  const reason = readOnlyReason(known);
  const waiting = (rows ?? []).filter((one) => one.state === "open" && !taken.has(one.id));

  const see = async (episodes: readonly EpisodeDto[]) => {
    say("");
    for (const episode of episodes) {
      const answer = await acknowledge(episode);
      if (answer.kind !== "ok") {
        say(answer.message);
        return;
      }
      take((now) => new Set([...now, episode.id]));
    }
    say(`${plural(episodes.length, "alarm")} acknowledged. It takes effect with the next checkpoint.`);
    reload();
  };

  return (
    <div class="wide">
      <div class="view-head">
        <h1>Alarms</h1>
        <Filters monitor={monitor} state={state} keyName={key} />
      </div>
      <div class="alarm-tools">
        {waiting.length > 1 && (
          <button
            type="button"
            class="button"
            disabled={reason !== null}
            title={reason ?? "You have seen them; each stays marked until it is over"}
            onClick={() => see(waiting)}
          >
            Acknowledge these {formatCount(waiting.length)}
          </button>
        )}
        {waiting.length > 0 && reason !== null && (
          <p class="quiet small">
            {reason} {known?.tokenWanted && <SignIn />}
          </p>
        )}
        <p role="status">{said}</p>
      </div>
      {rows === null ? (
        <p class="quiet loading">{failure === null ? "Reading…" : failure.message}</p>
      ) : rows.length === 0 ? (
        <p class="quiet nothing">
          {state === "open" ? "No alarm waits for anybody." : "No alarm matches this filter."}
        </p>
      ) : (
        <ol class="signal-list">
          {rows.map((episode) => (
            <AlarmRow
              key={episode.id}
              episode={episode}
              taken={taken.has(episode.id)}
              reason={reason}
              onSee={() => see([episode])}
            />
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

function episodesOf({ episodes, next }: EpisodePage) {
  return { items: episodes, next };
}

interface RowProps {
  episode: EpisodeDto;
  /** Acknowledged here a moment ago. */
  taken: boolean;
  reason: string | null;
  onSee: () => void;
}

function AlarmRow({ episode, taken, reason, onSee }: RowProps) {
  const { id, monitor, key, kind, severity, opened, closed, onset, state, summary } = episode;
  return (
    <li class="signal alarm">
      <span class="signal-when small">
        {opened.time !== null && <When time={opened.time} />}
        <span class="quiet"> event {formatCount(opened.index)}</span>
      </span>
      <Severity kind={kind} severity={severity} word={words(kind)} />
      <span class="signal-what">
        <Link to={monitorPath(monitor, key, id)}>{tell(summary, onset, [])}</Link>
        <span class="quiet small">
          {monitor}
          {key !== ONE_KEY && `, ${key}`}
          {closed !== null && `; ${ENDED[closed.reason].replace(" since", "")}`}
        </span>
      </span>
      <span class="alarm-act">
        {state === "open" && !taken ? (
          <button
            type="button"
            class="button"
            disabled={reason !== null}
            title={reason ?? "You have seen it; it stays marked until it is over"}
            aria-label={`Acknowledge ${words(kind)} of ${monitor}${key === ONE_KEY ? "" : `, ${key}`}`}
            onClick={onSee}
          >
            Acknowledge
          </button>
        ) : (
          state !== "closed" && <span class="quiet small">acknowledged</span>
        )}
      </span>
    </li>
  );
}

function Filters({ monitor, state, keyName }: { monitor: string; state: string; keyName: string }) {
  return (
    <div class="filters">
      <label>
        <span class="unseen">State</span>
        <select
          class="field"
          value={state}
          onChange={(event) => go(withQuery({ state: event.currentTarget.value }), { replace: true })}
        >
          {STATES.map((one) => (
            <option key={one} value={one}>
              {one === "open" ? "waiting" : one === "closed" ? "over" : one}
            </option>
          ))}
          <option value="any">any state</option>
        </select>
      </label>
      <MonitorFilter monitor={monitor} />
      <KeyFilter keyName={keyName} />
    </div>
  );
}
