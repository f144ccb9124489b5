import { useMemo } from "preact/hooks";
import type { ReportData, ReportKey } from "../../../cli/report/data.ts";
import { chosenEpisode, markOf } from "../chart/episode-marks.ts";
import { MainChart } from "../chart/main-chart.tsx";
import type { Point } from "../chart/model.ts";
import { Explanation } from "../explain/explanation.tsx";
import { Episodes } from "../monitor/episodes.tsx";
import { Lead, type LeadMonitor, leadSentence } from "../monitor/lead.tsx";
import { Learnt, type LearntMonitor } from "../monitor/learnt.tsx";
import { formatCount, plural } from "../parts/format.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { placeInFile } from "./place.ts";

interface Props {
  data: ReportData;
  value: ReportKey;
  wanted: string | null;
  level: number | null;
  several: boolean;
}

/** One key: its curve, its alarms and the explanation of the chosen one. */
export function ReportKeyView({ data, value, wanted, level, several }: Props) {
  const series = useMemo(() => unpack(value), [value]);
  const { episodes, inspection } = value;
  const episode = chosenEpisode(episodes, wanted);
  const marks = useMemo(() => episodes.map((one) => markOf(one, episode)).reverse(), [episodes, episode]);
  const detail: LeadMonitor & LearntMonitor = { ...data, source: data.input };
  const told = { ...value, series, ratio: value.now, episodes: [...episodes] };
  return (
    <>
      <header class="monitor-head">
        <div class="title-line">
          <h2 class="name">
            {several ? (value.key === "" ? "(no key)" : value.key) : data.monitor}
            <span class="of-key"> {plural(value.events, "event")}</span>
          </h2>
          <StateMark status={inspection.status} />
        </div>
        <Lead detail={detail} value={told} episode={episode} />
      </header>
      <div class={episode === null ? "monitor-body alone" : "monitor-body"}>
        <div class="column">
          <MainChart
            points={series}
            marks={marks}
            other={level}
            label={`Evidence of change for ${data.monitor}. ${leadSentence(detail, told, episode)}`}
          />
          {episodes.length > 1 && (
            <Episodes episodes={episodes} chosen={episode} points={series} to={(one) => placeInFile(one.key, one.id)} />
          )}
          {episode !== null && <Learnt detail={detail} value={told} />}
          {value.episodeCount > episodes.length && (
            <p class="quiet small">
              The newest {formatCount(episodes.length)} of {plural(value.episodeCount, "alarm")}; --output has all.
            </p>
          )}
        </div>
        {episode === null ? (
          <Learnt detail={detail} value={told} />
        ) : (
          <section class="panel explanation" aria-labelledby="new-title">
            <h2 id="new-title">What was new</h2>
            {episode.explained ? (
              <Explanation open={false} explanation={episode.explanation} details={inspection.details} />
            ) : (
              <p class="quiet">Left out, so that this file stays small; the signals of --output have it.</p>
            )}
          </section>
        )}
      </div>
    </>
  );
}

function unpack({ from, to, time, ratio }: ReportKey): Point[] {
  return to.map((end, i) => ({
    from: i === 0 ? from : to[i - 1]! + 1,
    to: end,
    time: time?.[i] ?? null,
    ratio: ratio[i]!,
  }));
}
