import { formatCount, formatNumber } from "../parts/format.ts";
import { ChangeHead } from "./change-head.tsx";
import type { Distribution } from "./read.ts";

const WIDTH = 340;
const HEIGHT = 132;
const LEFT = 52;
const RIGHT = 8;

interface Props {
  before: Distribution;
  after: Distribution;
  words?: readonly [string, string];
}

/** Where the values lay before and lie now: nine tenths, half, the middle; and the mean and spread in numbers. */
export function BeforeAfter({ before, after, words = ["before", "now"] }: Props) {
  return (
    <div class="before-after">
      <Bands before={before} after={after} words={words} />
      <table class="figures">
        <ChangeHead before={capital(words[0])} after={capital(words[1])} />
        <tbody>
          <Row name="Mean" a={before.mean} b={after.mean} change={shiftOf(before, after)} />
          <Row
            name="Spread"
            title="standard deviation"
            a={before.sd}
            b={after.sd}
            change={ratioOf(before.sd, after.sd)}
          />
          <Row name="Middle" title="median" a={at(before, 0.5)} b={at(after, 0.5)} change="" />
          {before.count !== null && after.count !== null && (
            <tr>
              <th scope="row">Events</th>
              <td class="num">{formatCount(before.count)}</td>
              <td class="num">{formatCount(after.count)}</td>
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  name: string;
  title?: string;
  a: number | null;
  b: number | null;
  change: string;
}

function Row({ name, title, a, b, change }: RowProps) {
  if (a === null || b === null) return null;
  return (
    <tr>
      <th scope="row" title={title}>
        {name}
      </th>
      <td class="num">{formatNumber(a)}</td>
      <td class="num">
        <strong>{formatNumber(b)}</strong>
      </td>
      <td class="num quiet">{change}</td>
    </tr>
  );
}

function Bands({ before, after, words }: Required<Props>) {
  const ends = [before, after].flatMap(({ quantiles, mean, sd }) =>
    quantiles.length > 1
      ? [quantiles[0]!.value, quantiles[quantiles.length - 1]!.value]
      : mean !== null && sd !== null
        ? [mean - 2 * sd, mean + 2 * sd]
        : [],
  );
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  if (!(high > low)) return null;
  const margin = (high - low) * 0.05;
  const x = (value: number) => LEFT + ((value - low + margin) / (high - low + 2 * margin)) * (WIDTH - LEFT - RIGHT);
  const ticks = niceTicks(low, high);
  return (
    <svg
      class="bands"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label="Distribution of the values before and now; the table below has the numbers"
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <path class="grid" d={`M${x(tick)} 6V${HEIGHT - 22}`} />
          <text x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
            {formatNumber(tick)}
          </text>
        </g>
      ))}
      <Band y={30} distribution={before} x={x} kind="before" word={words[0]} />
      <Band y={82} distribution={after} x={x} kind="after" word={words[1]} />
    </svg>
  );
}

interface BandProps {
  y: number;
  distribution: Distribution;
  x: (value: number) => number;
  kind: "before" | "after";
  word: string;
}

function Band({ y, distribution, x, kind, word }: BandProps) {
  const outer = [at(distribution, 0.05), at(distribution, 0.95)] as const;
  const inner = [at(distribution, 0.25), at(distribution, 0.75)] as const;
  const middle = at(distribution, 0.5);
  return (
    <g class={`band is-${kind}`}>
      <text x="0" y={y + 4}>
        {word}
      </text>
      <Extent ends={outer} x={x} y={y} half={6} name="outer" />
      <Extent ends={inner} x={x} y={y} half={13} name="inner" />
      {middle !== null && <path class="middle" d={`M${x(middle)} ${y - 17}V${y + 17}`} />}
    </g>
  );
}

function Extent({
  ends,
  x,
  y,
  half,
  name,
}: {
  ends: readonly [number | null, number | null];
  x: (v: number) => number;
  y: number;
  half: number;
  name: string;
}) {
  const [low, high] = ends;
  if (low === null || high === null) return null;
  return <rect class={name} x={x(low)} y={y - half} width={Math.max(1, x(high) - x(low))} height={2 * half} rx="3" />;
}

/** Value at a probability, between the known quantiles; from mean and spread where there are none. */
function at({ quantiles, mean, sd }: Distribution, p: number): number | null {
  if (quantiles.length < 2) {
    const z: Record<string, number> = { "0.05": -1.645, "0.25": -0.674, "0.5": 0, "0.75": 0.674, "0.95": 1.645 };
    return mean === null || sd === null ? null : mean + (z[String(p)] ?? 0) * sd;
  }
  const next = quantiles.findIndex((quantile) => quantile.p >= p);
  if (next === 0) return quantiles[0]!.value;
  if (next < 0) return quantiles[quantiles.length - 1]!.value;
  const a = quantiles[next - 1]!;
  const b = quantiles[next]!;
  return a.value + ((p - a.p) / (b.p - a.p)) * (b.value - a.value);
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function shiftOf(before: Distribution, after: Distribution): string {
  if (before.mean === null || after.mean === null || before.sd === null || before.sd === 0) return "";
  const shift = (after.mean - before.mean) / before.sd;
  return `${shift >= 0 ? "+" : "−"}${Math.abs(shift).toFixed(1)} spreads`;
}

function ratioOf(before: number | null, after: number | null): string {
  if (before === null || after === null || before === 0) return "";
  return `× ${formatNumber(after / before)}`;
}

function niceTicks(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
