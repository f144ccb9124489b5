import { useMemo, useRef } from "preact/hooks";
import type { KeyDetail, MonitorDetail } from "../../../adapters/http/types.ts";
import { chosenEpisode, markOf, momentsOf } from "../chart/episode-marks.ts";
import { MainChart } from "../chart/main-chart.tsx";
import { path } from "../data/api.ts";
import { changes, overview } from "../data/live.ts";
import { useResource } from "../data/resource.ts";
import { useStore } from "../data/store.ts";
import { Explanation } from "../explain/explanation.tsx";
import { Actions } from "../monitor/actions.tsx";
import { Episodes } from "../monitor/episodes.tsx";
import { POINTS, useHistory, withLiveEnd } from "../monitor/history.ts";
import { Keys } from "../monitor/keys.tsx";
import { Lead, leadSentence } from "../monitor/lead.tsx";
import { Learnt } from "../monitor/learnt.tsx";
import { useNarrow } from "../parts/narrow.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { Link, withQuery } from "../router.tsx";
import { Problem, useTitle } from "../shell/problem.tsx";
import { FirstEvent } from "./first-event.tsx";

interface Props {
  name: string;
  chosen: string | null;
  episode: string | null;
}

export function MonitorView({ name, chosen, episode }: Props) {
  const live = useStore(overview)?.monitors.find((monitor) => monitor.name === name);
  const changed = useStore(changes);
  const { value: detail, failure } = useResource<MonitorDetail>(path(["monitors", name], { limit: 1 }), changed);
  const pinned = useRef<string | null>(null);
  useTitle(name);
  if (detail === null) {
    if (failure?.status === 404) {
      return (
        <Problem title={`There is no monitor called ${name}`}>
          Perhaps it was renamed, or this address belongs to another service. The overview lists every monitor.
        </Problem>
      );
    }
    if (failure !== null && failure.status !== 0)
      return <Problem title="This monitor cannot be shown">{failure.message}</Problem>;
    return (
      <p class="wide loading quiet">
        {failure === null ? "Reading…" : "The service does not answer. Trying again as soon as it is back."}
      </p>
    );
  }
  const counts = live?.keys ?? detail.keys;
  // Chosen once: the worst key may change from second to second, the view must not.
  pinned.current ??= keyInNeed(detail);
  const key = chosen ?? pinned.current;
  return (
    <div class={counts.total > 1 ? "wide monitor with-keys" : "wide monitor"}>
      {counts.total > 1 && <KeysPanel name={name} counts={counts} chosen={key} />}
      <div class="monitor-main">
        <p class="crumbs small">
          <Link to="/">Overview</Link> <span aria-hidden="true">/</span> <span class="quiet">{detail.title}</span>
        </p>
        {detail.error !== null && <p class="notice">{detail.error}</p>}
        {key === null ? (
          <>
            <h1 class="name">{name}</h1>
            <FirstEvent monitor={detail} />
          </>
        ) : (
          <KeyView
            key={key}
            detail={detail}
            keyName={key}
            wanted={episode}
            tick={`${changed} ${live?.events.accepted ?? 0}`}
            several={counts.total > 1}
          />
        )}
      </div>
    </div>
  );
}

function keyInNeed({ lastChange, worst, keys, keyRows }: MonitorDetail): string | null {
  const open = lastChange !== null && lastChange.closed === null ? lastChange.key : null;
  return (
    open ?? (keys.drifting > 0 ? worst?.key : undefined) ?? lastChange?.key ?? worst?.key ?? keyRows[0]?.key ?? null
  );
}

function KeysPanel({ name, counts, chosen }: { name: string; counts: MonitorDetail["keys"]; chosen: string | null }) {
  const narrow = useNarrow(1100);
  const keys = <Keys monitor={name} counts={counts} chosen={chosen} />;
  if (!narrow) return <aside aria-label="Keys">{keys}</aside>;
  return (
    <details class="panel keys-fold">
      <summary>
        Key <strong>{chosen}</strong> <span class="quiet">of {counts.total.toLocaleString("en-GB")}</span>
      </summary>
      {keys}
    </details>
  );
}

interface KeyProps {
  detail: MonitorDetail;
  keyName: string;
  wanted: string | null;
  tick: string;
  several: boolean;
}

function KeyView({ detail, keyName, wanted, tick, several }: KeyProps) {
  const {
    value: stored,
    failure,
    reload,
  } = useResource<KeyDetail>(path(["monitors", detail.name, "keys", keyName], { points: POINTS }), tick);
  const history = useHistory(detail.name, keyName, stored);
  const value = useMemo(() => (stored === null ? null : withLiveEnd(stored)), [stored]);
  const episode = value === null ? null : chosenEpisode(value.episodes, wanted);
  const marks = useMemo(() => value?.episodes.map((one) => markOf(one, episode)).reverse() ?? [], [value, episode]);
  const moments = useMemo(
    () => (value === null ? [] : momentsOf(value.episodes, value.inspection.details.reference)),
    [value],
  );
  if (value === null) {
    if (failure === null) return <p class="loading quiet">Reading…</p>;
    return (
      <section class="panel">
        <h1 class="name">{detail.name}</h1>
        <p>
          {failure.status === 404
            ? `It has no key ${keyName}. It may have been idle so long that it was forgotten.`
            : failure.message}
        </p>
      </section>
    );
  }
  const { inspection, series } = value;
  return (
    <>
      <header class="monitor-head">
        <div class="title-line">
          <h1 class="name">
            {detail.name}
            {several && <span class="of-key"> {keyName === "" ? "(no key)" : keyName}</span>}
          </h1>
          <StateMark status={inspection.status} />
        </div>
        <Lead detail={detail} value={value} episode={episode} />
        <Actions episode={episode} monitor={detail.name} keyName={keyName} onDone={reload} />
      </header>
      <div class={episode === null ? "monitor-body alone" : "monitor-body"}>
        <div class="column">
          <MainChart
            points={history?.points ?? series}
            marks={marks}
            moments={moments}
            {...(history === null ? {} : { history })}
            label={`Evidence of change for ${detail.name}. ${leadSentence(detail, value, episode)}`}
          />
          {value.episodes.length > 1 && (
            <Episodes
              episodes={value.episodes}
              chosen={episode}
              points={series}
              to={(one) => withQuery({ key: one.key, episode: one.id })}
            />
          )}
          {episode !== null && <Learnt detail={detail} value={value} />}
        </div>
        {episode === null ? (
          <Learnt detail={detail} value={value} />
        ) : (
          <section class="panel explanation" aria-labelledby="new-title">
            <h2 id="new-title">{episode.closed === null ? "What is new" : "What was new"}</h2>
            <Explanation
              open={episode.closed === null}
              explanation={episode.explanation}
              details={episode.closed === null ? inspection.details : {}}
            />
          </section>
        )}
      </div>
    </>
  );
}
