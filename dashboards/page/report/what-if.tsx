import type { WhatIf, WhatIfRow } from "../../../cli/report/data.ts";
import { formatCount, formatNumber, plural } from "../parts/format.ts";

interface Props {
  whatIf: WhatIf;
  promise: number;
  /** Null: the monitor's own line. */
  level: number | null;
  onLevel: (level: number | null) => void;
}

/** False alarms against delay: what other promises would have told of the same stream. */
export function WhatIfPanel({ whatIf, promise, level, onLevel }: Props) {
  const { rows, episodes, beyond } = whatIf;
  const own = rows.findIndex((row) => row.level === 1);
  const at = level === null ? own : rows.findIndex((row) => row.level === level);
  const row = rows[at]!;
  const choose = (index: number) => onLevel(index === own ? null : rows[index]!.level);
  return (
    <section class="panel what-if" aria-labelledby="what-if-title">
      <h2 id="what-if-title">What another promise would have said</h2>
      <div class="what-if-line">
        <label for="what-if-slider">
          One false alarm in <strong>{formatCount(row.level * promise)}</strong> events of a key
          {at === own && <span class="quiet"> (as configured)</span>}
        </label>
        <input
          id="what-if-slider"
          type="range"
          min={0}
          max={rows.length - 1}
          step={1}
          value={at}
          aria-valuetext={told(row, promise, episodes)}
          onInput={(event) => choose(Number(event.currentTarget.value))}
        />
        {at !== own && (
          <button type="button" class="button plain" onClick={() => onLevel(null)}>
            As configured
          </button>
        )}
      </div>
      <dl class="lead-facts">
        <Figure name="Alarms">{formatCount(row.alarms)}</Figure>
        <Figure name="Of this run's alarms">
          {formatCount(row.found)} of {formatCount(episodes)}
        </Figure>
        <Figure name="Others, perhaps false">{formatCount(row.further)}</Figure>
        <Figure name="Found after">
          {row.delay === null ? "—" : `${plural(row.delay.median, "event")}`}
          {row.delay !== null && <span class="quiet"> (median; nine of ten within {formatCount(row.delay.late)})</span>}
        </Figure>
      </dl>
      <details class="more">
        <summary>All of them as a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
        <section class="scroll" tabIndex={0} aria-label="Promises as a table">
          <Table rows={rows} promise={promise} at={at} />
        </section>
        <p class="quiet small">
          A line stands for a promise: the evidence must grow with it. An alarm of another line counts as one of this
          run's when it comes while that one's change lasts; its delay is counted from where this run says that the
          change began.{" "}
          {beyond
            ? "Lines above the configured one are told by a second reading under a line so far off that no alarm let the evidence begin anew."
            : "Lines above the configured one cannot be told here: each alarm let the evidence begin anew."}
        </p>
      </details>
    </section>
  );
}

function Table({ rows, promise, at }: { rows: readonly WhatIfRow[]; promise: number; at: number }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col" class="num">
            One false alarm in
          </th>
          <th scope="col" class="num">
            × the line
          </th>
          <th scope="col" class="num">
            Alarms
          </th>
          <th scope="col" class="num">
            Of this run
          </th>
          <th scope="col" class="num">
            Others
          </th>
          <th scope="col" class="num">
            Median delay
          </th>
          <th scope="col" class="num">
            90 % within
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={row.level} class={i === at ? "noted" : ""}>
            <td class="num">{formatCount(row.level * promise)}</td>
            <td class="num">{formatNumber(row.level)}</td>
            <td class="num">{formatCount(row.alarms)}</td>
            <td class="num">{formatCount(row.found)}</td>
            <td class="num">{formatCount(row.further)}</td>
            <td class="num">{row.delay === null ? "—" : formatCount(row.delay.median)}</td>
            <td class="num">{row.delay === null ? "—" : formatCount(row.delay.late)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function told({ level, alarms, found, further, delay }: WhatIfRow, promise: number, episodes: number): string {
  const late = delay === null ? "" : `, ${plural(delay.median, "event")} after the change began`;
  return `One false alarm in ${formatCount(level * promise)} events: ${plural(alarms, "alarm")}, ${formatCount(found)} of ${formatCount(episodes)} of this run${late}, ${plural(further, "other")}`;
}

function Figure({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
