import uPlot from "uplot";
import { drawOver, drawUnder, levelGradient, readPalette, type Scene } from "./draw.ts";
import { columns, yRange } from "./model.ts";
import { timeLabels } from "./time-labels.ts";

/** Free space after the newest point: room for the flag of an alarm just raised. */
const HEADROOM = 0.07;

/** The drawing surface: one uPlot that lives as long as the chart is on the page. */
export interface Plot {
  show(what: Omit<Scene, "palette">): void;
  /** Moves the cursor by points; infinite: to the first or last one shown. */
  step(by: number): void;
  /** Shows less (above 1) or more around the cursor, or around the middle. */
  magnify(by: number): void;
  /** Shows everything again. */
  reset(): void;
  close(): void;
}

interface Watch {
  onCursor(index: number | null): void;
  /** Ends of what is shown, in the axis' own unit; null: everything. */
  onZoom(shown: readonly [number, number] | null): void;
}

export function openPlot(frame: HTMLElement, { onCursor, onZoom }: Watch): Plot {
  let scene: Scene = { points: [], marks: [], moments: [], axis: "events", other: null, palette: readPalette(frame) };
  let u: uPlot | null = null;
  let zoom: readonly [number, number] | null = null;
  let range: [number, number] = [0.01, 3];

  const build = () => {
    u?.destroy();
    zoom = null;
    onZoom(null);
    onCursor(null);
    u = new uPlot(options(), data(), frame);
  };
  const data = (): uPlot.AlignedData => columns(scene.points, scene.axis, range[0]);
  const size = () => ({ width: Math.max(240, frame.clientWidth), height: frame.clientHeight });

  const options = (): uPlot.Options => ({
    ...size(),
    padding: [34, 20, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, dist: 6 },
      points: { size: 9, width: 2, fill: () => scene.palette.surface },
    },
    scales: {
      x: {
        time: scene.axis === "time",
        range: (_, min, max) => [min, zoom === null ? max + (max - min) * HEADROOM : max],
      },
      y: { distr: 3, log: 10, range: () => range },
    },
    series: [
      {},
      {
        width: 1.75,
        points: { show: false },
        stroke: (plot) => levelGradient(plot, scene.palette.level, scene.palette.over),
        fill: (plot) => levelGradient(plot, scene.palette.levelFill, scene.palette.overFill),
        fillTo: () => range[0],
      },
    ],
    axes: [xAxis(), yAxis()],
    hooks: {
      drawAxes: [(plot) => drawUnder(plot, scene)],
      draw: [(plot) => drawOver(plot, scene)],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          if (plot.select.width <= 0) return;
          const from = plot.posToVal(plot.select.left, "x");
          zoom = [from, plot.posToVal(plot.select.left + plot.select.width, "x")];
          onZoom(zoom);
        },
      ],
    },
    plugins: [{ hooks: { ready: [(plot) => plot.over.addEventListener("dblclick", () => reset())] } }],
  });

  const shared = () => ({
    stroke: () => scene.palette.quiet,
    font: `12px ${scene.palette.font}`,
    grid: { stroke: () => scene.palette.line, width: 1 },
    ticks: { show: false },
  });
  const xAxis = (): uPlot.Axis => ({
    ...shared(),
    grid: { show: false },
    size: scene.axis === "events" ? 30 : 46,
    space: scene.axis === "events" ? 64 : 76,
    values: (_, splits, __, ___, step) =>
      scene.axis === "events" ? splits.map((x) => x.toLocaleString("en-GB")) : timeLabels(splits, step),
  });
  const yAxis = (): uPlot.Axis => ({
    ...shared(),
    size: 48,
    splits: () => decades(range),
    values: (_, splits) => splits.map((y) => y.toLocaleString("en-GB", { maximumFractionDigits: 4 })),
  });

  const reset = () => {
    if (u === null) return;
    zoom = null;
    onZoom(null);
    u.setData(data(), true);
  };

  const resize = new ResizeObserver(() => u?.setSize(size()));
  resize.observe(frame);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => {
    scene = { ...scene, palette: readPalette(frame) };
    build();
  };
  scheme.addEventListener("change", recolour);

  return {
    show(what) {
      const sameAxis = u !== null && what.axis === scene.axis;
      scene = { ...what, palette: scene.palette };
      range = yRange(what.points, what.other);
      if (!sameAxis || u === null) {
        build();
        return;
      }
      u.setData(data(), zoom === null);
      if (zoom !== null) u.setScale("x", { min: zoom[0], max: zoom[1] });
    },
    step(by) {
      if (u === null) return;
      const xs = u.data[0];
      const min = u.scales.x!.min ?? 0;
      const max = u.scales.x!.max ?? 0;
      const low = xs.findIndex((x) => x >= min);
      const high = xs.findLastIndex((x) => x <= max);
      const from = u.cursor.idx ?? (by < 0 ? high + 1 : low - 1);
      const to = Math.min(high, Math.max(low, from + by));
      u.setCursor({ left: u.valToPos(xs[to]!, "x"), top: u.valToPos(u.data[1]![to]!, "y") });
    },
    magnify(by) {
      if (u === null) return;
      const xs = u.data[0];
      const ends = [xs[0] ?? 0, xs[xs.length - 1] ?? 0] as const;
      const { min = ends[0], max = ends[1] } = u.scales.x as { min?: number; max?: number };
      const middle = u.cursor.idx == null ? (min + max) / 2 : xs[u.cursor.idx]!;
      const half = (max - min) / 2 / by;
      const from = Math.max(ends[0], middle - half);
      const to = Math.min(ends[1], middle + half);
      // Nothing to see between two points, and nothing beyond the ends.
      if (by > 1 && to - from < (ends[1] - ends[0]) / xs.length) return;
      if (from === ends[0] && to === ends[1]) return reset();
      zoom = [from, to];
      u.setScale("x", { min: from, max: to });
      onZoom(zoom);
    },
    reset,
    close() {
      resize.disconnect();
      scheme.removeEventListener("change", recolour);
      u?.destroy();
      u = null;
    },
  };
}

function decades([low, high]: readonly [number, number]): number[] {
  const lines: number[] = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high; power += 1) lines.push(Number(`1e${power}`));
  return lines;
}
