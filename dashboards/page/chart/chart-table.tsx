import { useState } from "preact/hooks";
import { formatCount, formatExact, formatRatio, formatTime } from "../parts/format.ts";
import { type Mark, type Moment, nearest, type Point } from "./model.ts";

const AT_FIRST = 200;

interface Props {
  points: readonly Point[];
  marks: readonly Mark[];
  moments: readonly Moment[];
}

/** The chart's numbers, newest first. */
export function ChartTable({ points, marks, moments }: Props) {
  const [all, showAll] = useState(false);
  const notes = new Map<number, string[]>();
  const note = (index: number, text: string) => {
    const at = nearest(points, index);
    notes.set(at, [...(notes.get(at) ?? []), text]);
  };
  for (const mark of marks) {
    if (mark.onset !== null) note(mark.onset.index, "change began");
    note(mark.alarm, "alarm");
    if (mark.end !== null) note(mark.end, mark.endWord);
  }
  for (const { index, word } of moments) if (!notes.get(nearest(points, index))?.includes(word)) note(index, word);
  const rows = points.map((point, i) => ({ point, i })).reverse();
  const shown = all ? rows : rows.slice(0, AT_FIRST);
  const timed = points.some((point) => point.time !== null);
  return (
    <div class="chart-table">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Evidence as a table">
        <table>
          <thead>
            <tr>
              <th scope="col" class="num">
                Events
              </th>
              {timed && <th scope="col">Until</th>}
              <th scope="col" class="num">
                Evidence
              </th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ point, i }) => (
              <tr key={i} class={notes.has(i) ? "noted" : ""}>
                <td class="num">
                  {formatCount(point.from)}–{formatCount(point.to)}
                </td>
                {timed && (
                  <td title={point.time === null ? "" : formatExact(point.time)}>
                    {point.time === null ? "" : formatTime(point.time)}
                  </td>
                )}
                <td class={point.ratio >= 1 ? "num is-over" : "num"}>{formatRatio(point.ratio)}</td>
                <td>{notes.get(i)?.join(", ") ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.length < rows.length && (
        <button type="button" class="button plain" onClick={() => showAll(true)}>
          Show all {formatCount(rows.length)} rows
        </button>
      )}
    </div>
  );
}
