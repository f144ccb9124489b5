import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatCount, formatExact, formatRatio, formatSecond } from "../parts/format.ts";
import { ChartTable } from "./chart-table.tsx";
import { type Axis, eventsWithin, hasTime, type Mark, type Moment, nearest, type Point } from "./model.ts";
import { openPlot, type Plot } from "./plot.ts";

interface Props {
  points: readonly Point[];
  marks: readonly Mark[];
  moments?: readonly Moment[];
  label: string;
  /** Another line that is asked about, as a multiple of the alarm line. */
  other?: number | null;
  /** Where there is more than is shown: what of it, and the finer curve of what was zoomed into. */
  history?: History;
}

export interface History {
  readonly period: Period;
  readonly onPeriod: (period: Period) => void;
  /** Accepted events in sight; null: all. */
  readonly onShown: (events: { readonly from: number; readonly to: number } | null) => void;
}

export type Period = "newest" | "all";

const NONE: readonly Moment[] = [];

/** Evidence against the alarm line: drag (or + and −) to zoom, arrow keys to walk, the same numbers as a table. */
export function MainChart({ points, marks, moments = NONE, label, other = null, history }: Props) {
  const [axisWanted, setAxis] = useState<Axis>("events");
  const [form, setForm] = useState<"chart" | "table">("chart");
  const timed = hasTime(points);
  const axis = timed ? axisWanted : "events";
  return (
    <section class="panel evidence" aria-labelledby="evidence-title">
      <div class="panel-head">
        <h2 id="evidence-title" title="statistic ÷ threshold, highest in each stretch of events">
          Evidence of change
        </h2>
        <div class="panel-tools">
          {form === "chart" && history !== undefined && (
            <Choice
              label="How far back"
              value={history.period}
              options={[
                ["newest", "Newest"],
                ["all", "All"],
              ]}
              onChoose={history.onPeriod}
            />
          )}
          {form === "chart" && timed && (
            <Choice
              label="Horizontal axis"
              value={axis}
              options={[
                ["events", "Events"],
                ["time", "Time"],
              ]}
              onChoose={setAxis}
            />
          )}
          <Choice
            label="Shown as"
            value={form}
            options={[
              ["chart", "Chart"],
              ["table", "Table"],
            ]}
            onChoose={setForm}
          />
        </div>
      </div>
      {points.length < 2 ? (
        <p class="chart-empty quiet">The curve begins once the first few dozen events after learning have arrived.</p>
      ) : form === "table" ? (
        <ChartTable points={points} marks={marks} moments={moments} />
      ) : (
        <Drawing
          points={points}
          marks={marks}
          moments={moments}
          axis={axis}
          label={label}
          other={other}
          onShown={history?.onShown}
        />
      )}
    </section>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
}

export function Choice<T extends string>({ label, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="segmented" aria-label={label}>
      {options.map(([option, word]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChoose(option)}>
          {word}
        </button>
      ))}
    </fieldset>
  );
}

type DrawingProps = Props & { axis: Axis; onShown: History["onShown"] | undefined };

function Drawing({ points, marks, moments = NONE, axis, label, other = null, onShown }: DrawingProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const [zoomed, setZoomed] = useState(false);

  const now = useRef({ points, axis, onShown });
  now.current = { points, axis, onShown };

  useEffect(() => {
    const onZoom = (shown: readonly [number, number] | null) => {
      setZoomed(shown !== null);
      const { points, axis, onShown } = now.current;
      onShown?.(shown === null ? null : eventsWithin(points, shown, axis));
    };
    const opened = openPlot(frame.current!, { onCursor: setAt, onZoom });
    plot.current = opened;
    return () => opened.close();
  }, []);

  useEffect(() => plot.current?.show({ points, marks, moments, axis, other }), [points, marks, moments, axis, other]);

  const walk = (event: KeyboardEvent) => {
    const stride = event.shiftKey ? 10 : 1;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => plot.current?.step(-stride),
      ArrowRight: () => plot.current?.step(stride),
      Home: () => plot.current?.step(Number.NEGATIVE_INFINITY),
      End: () => plot.current?.step(Number.POSITIVE_INFINITY),
      Escape: () => plot.current?.reset(),
      "+": () => plot.current?.magnify(2),
      "-": () => plot.current?.magnify(0.5),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <>
      <div class="readout">
        <Readout points={points} marks={marks} moments={moments} at={at} />
        {zoomed && (
          <button type="button" class="button plain" onClick={() => plot.current?.reset()}>
            Show everything
          </button>
        )}
      </div>
      {/* To assistive technology a slider along the curve: the arrow keys move it, its value is the point. */}
      <div
        ref={frame}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${label} Arrow keys move along the curve, plus and minus zoom.`}
        aria-valuemin={0}
        aria-valuemax={points.length - 1}
        aria-valuenow={at ?? points.length - 1}
        aria-valuetext={pointText(points[at ?? points.length - 1])}
        onKeyDown={walk}
      />
    </>
  );
}

function pointText(point: Point | undefined): string {
  if (point === undefined) return "";
  const time = point.time === null ? "" : `, ${formatExact(point.time)}`;
  return `Event ${formatCount(point.to)}${time}: ${formatRatio(point.ratio)} times the alarm line`;
}

interface ReadoutProps {
  points: readonly Point[];
  marks: readonly Mark[];
  moments: readonly Moment[];
  at: number | null;
}

/** What the cursor is on, or the newest point. */
function Readout({ points, marks, moments, at }: ReadoutProps) {
  const alarms = useMemo(() => new Set(marks.map((mark) => nearest(points, mark.alarm))), [points, marks]);
  const index = at ?? points.length - 1;
  const point = points[index];
  const here = useMemo(() => moments.filter((one) => nearest(points, one.index) === index), [points, moments, index]);
  if (point === undefined) return null;
  return (
    <p>
      <span class="quiet">{at === null ? "Now " : ""}</span>
      <strong class={point.ratio >= 1 ? "is-drifting" : ""}>{formatRatio(point.ratio)}</strong>
      <span class="quiet"> × the alarm line · event {formatCount(point.to)}</span>
      {point.time !== null && (
        <span class="quiet" title={formatExact(point.time)}>
          {" · "}
          {formatSecond(point.time)}
        </span>
      )}
      {alarms.has(index) && <strong class="is-drifting"> · alarm</strong>}
      {here.map(({ word }) => (
        <span key={word}> · {word}</span>
      ))}
    </p>
  );
}
