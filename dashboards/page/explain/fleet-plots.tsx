import { formatCount, formatNumber } from "../parts/format.ts";
import type { Effect, Phase } from "./read-conversation.ts";
import { Frame } from "./small-plot.tsx";

/** D_t against its change to the next turn: where the line crosses zero, conversations settle. */
export function PhasePlot({ phase }: { phase: Phase }) {
  const { points, slope, level, equilibrium } = phase;
  const xs = points.map(([d]) => d);
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const changeAt = (d: number): number => slope * (d - level);
  const label = `Divergence against its change to the next turn, ${points.length} turns; ${
    equilibrium === null ? "no equilibrium is shown" : `they settle at ${formatNumber(equilibrium)}`
  }`;
  return (
    <figure class="small-plot">
      <figcaption class="quiet small">
        What pulls conversations back: change to the next turn (up) by divergence
      </figcaption>
      <Frame xs={xs} ys={[0, ...points.map(([, change]) => change)]} xLabel="divergence" label={label}>
        {(at) => (
          <>
            {points.map(([d, change], i) => (
              // Turns have no names of their own.
              <circle key={i} class="phase-dot" cx={at.x(d)} cy={at.y(change)} r="1.8" />
            ))}
            <path class="equilibrium" d={`M${at.left} ${at.y(0)}H${at.right}`} />
            <path class="path" d={`M${at.x(low)} ${at.y(changeAt(low))}L${at.x(high)} ${at.y(changeAt(high))}`} />
            {equilibrium !== null && <circle class="dot is-over" cx={at.x(equilibrium)} cy={at.y(0)} r="4.5" />}
          </>
        )}
      </Frame>
      <p class="quiet small">
        {equilibrium === null
          ? "No equilibrium is shown."
          : `They settle where the line crosses zero: D* = ${formatNumber(equilibrium)}.`}
      </p>
    </figure>
  );
}

/** How far a reminder lowers the next turn, with 95 % intervals. */
export function ReminderEffect({ effects }: { effects: readonly Effect[] }) {
  const ends = [0, ...effects.flatMap(({ low, high }) => [low, high])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const x = (value: number): number => 8 + ((value - low) / (high > low ? high - low : 1)) * 324;
  return (
    <figure class="small-plot">
      <figcaption class="quiet small">How far a reminder lowers the next turn</figcaption>
      <svg
        class="bands"
        viewBox={`0 0 340 ${effects.length * 40 + 22}`}
        role="img"
        aria-label={effects.map(said).join("; ")}
      >
        {effects.map((effect, i) => (
          <g key={effect.name}>
            <path class="equilibrium" d={`M${x(0)} ${i * 40 + 18}v16`} />
            <text x="0" y={i * 40 + 14}>{`${said(effect)}`}</text>
            <path class="interval" d={`M${x(effect.low)} ${i * 40 + 26}H${x(effect.high)}`} />
            <circle class="dot" cx={x(effect.mean)} cy={i * 40 + 26} r="4.5" />
          </g>
        ))}
        <text x={x(0)} y={effects.length * 40 + 16} text-anchor="middle">
          0
        </text>
      </svg>
    </figure>
  );
}

function said({ name, mean, low, high, count }: Effect): string {
  return `${name}: ${brief(mean)} (${brief(low)} to ${brief(high)}), n = ${formatCount(count)}`;
}

/** Two digits: there is one line for it. */
function brief(x: number): string {
  return formatNumber(Number(x.toPrecision(2)));
}
