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

/** So many are listed at once; a fleet of conversations may have one after the other. */
const LISTED = 8;

/** All alarms of the key, to choose the one that is explained. */
export function Episodes(props: Props) {
  const { episodes, chosen } = props;
  // What is explained is not folded away.
  const isListed = (one: EpisodeDto, i: number) => i < LISTED || episodes.length <= LISTED + 2 || one.id === chosen?.id;
  const older = episodes.filter((one, i) => !isListed(one, i));
  return (
    <section class="panel" aria-labelledby="alarms-title">
      <h2 id="alarms-title">Alarms of this key</h2>
      <List {...props} episodes={episodes.filter(isListed)} />
      {older.length > 0 && (
        <details class="more">
          <summary>{older.length} older alarms</summary>
          <List {...props} episodes={older} />
        </details>
      )}
    </section>
  );
}

function List({ episodes, chosen, points, to }: Props) {
  return (
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
  );
}
