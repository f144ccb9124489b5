import { formatNumber } from "../parts/format.ts";
import type { Trajectory } from "./read-conversation.ts";
import { Frame, type Scales } from "./small-plot.tsx";

/** One conversation turn by turn against its own band, with what was done about it and where it is expected to go. */
export function ConversationPath({ path }: { path: Trajectory }) {
  const { turns, forecast, band, equilibrium, since } = path;
  const last = turns.at(-1)!;
  const ahead = [last, ...forecast.map((value, i) => ({ turn: last.turn + i + 1, value }))];
  const ys = [...turns, ...ahead].map(({ value }) => value).concat(band ?? []);
  const label = `Conversation ${path.name}: divergence by turn, now ${formatNumber(last.value)}${
    band === null ? "" : `; its own band is ${formatNumber(band[0])} to ${formatNumber(band[1])}`
  }`;
  return (
    <figure class="small-plot">
      <figcaption class="quiet small">
        Conversation <strong>{path.name}</strong>
        {since !== null && ` left its level at turn ${since}`}
      </figcaption>
      <Frame xs={[turns[0]!.turn, ahead.at(-1)!.turn]} ys={ys} xLabel="turn" label={label}>
        {(at) => (
          <>
            {band !== null && (
              <rect
                class="own-band"
                x={at.left}
                width={at.right - at.left}
                y={at.y(band[1])}
                height={Math.max(1, at.y(band[0]) - at.y(band[1]))}
              />
            )}
            {equilibrium !== null && <path class="equilibrium" d={`M${at.left} ${at.y(equilibrium)}H${at.right}`} />}
            {since !== null && <path class="since" d={`M${at.x(since)} ${at.top}V${at.bottom}`} />}
            <path class="ahead" d={lineOf(ahead, at)} />
            <path class="path" d={lineOf(turns, at)} />
            {turns.map(({ turn, value }) => (
              <circle
                key={turn}
                class={band !== null && value > band[1] ? "dot is-over" : "dot"}
                cx={at.x(turn)}
                cy={at.y(value)}
                r="3"
              >
                <title>{`turn ${turn}: ${formatNumber(value)}`}</title>
              </circle>
            ))}
            {path.interventions.map(({ turn, kind }) => (
              <g key={`${turn} ${kind}`}>
                <path class="mark" d={`M${at.x(turn)} ${at.bottom}l-5 9h10z`} />
                <title>{`${kind} at turn ${turn}`}</title>
              </g>
            ))}
          </>
        )}
      </Frame>
      <p class="quiet small">
        Shaded: its own band, line: where it settles, dashes: what is expected
        {path.interventions.length > 0 && ", triangles: reminders (or where one was withheld)"}.
      </p>
    </figure>
  );
}

function lineOf(points: readonly { readonly turn: number; readonly value: number }[], at: Scales): string {
  return points.map(({ turn, value }, i) => `${i === 0 ? "M" : "L"}${at.x(turn)} ${at.y(value)}`).join("");
}
