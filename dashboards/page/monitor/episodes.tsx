import type { EpisodeDto } from "../../../adapters/http/types.ts";
import { ENDED } from "../chart/episode-marks.ts";
import type { Point } from "../chart/model.ts";
import { formatCount, words } from "../parts/format.ts";
import { tell } from "../parts/tell.ts";
import { When } from "../parts/when.tsx";
import { Link } from "../router.tsx";

interface Props {
  episodes: readonly EpisodeDto[];
  chosen: EpisodeDto | null;
  points: readonly Point[];
  /** Its address. */
  to: (episode: EpisodeDto) => string;
}

/** All alarms of the key, to choose the one that is explained. */
export function Episodes({ episodes, chosen, points, to }: Props) {
  return (
    <section class="panel" aria-labelledby="alarms-title">
      <h2 id="alarms-title">Alarms of this key</h2>
      <ol class="alarms">
        {episodes.map((episode) => (
          <li key={episode.id} class={episode.id === chosen?.id ? "is-chosen" : ""}>
            <span class="quiet small alarm-when">
              {episode.opened.time === null ? (
                `event ${formatCount(episode.opened.index)}`
              ) : (
                <When time={episode.opened.time} />
              )}
            </span>
            <Link to={to(episode)}>{tell(episode.summary, episode.onset, points)}</Link>
            <span class="quiet small alarm-end">
              {words(episode.kind)},{" "}
              {episode.closed === null ? episode.state : ENDED[episode.closed.reason].replace(" since", "")}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
