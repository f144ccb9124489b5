import type { Panel, Series } from "./ask.ts";

/** A dashboard as it is drawn: what each panel asked for, and when drift was marked (epoch seconds). */
export interface Drawn {
  readonly title: string;
  /** Epoch seconds: all panels have the same time. */
  readonly from: number;
  readonly to: number;
  readonly marks: readonly number[];
  readonly panels: readonly DrawnPanel[];
}

export type DrawnPanel = Pick<Panel, "title" | "unit" | "log" | "gridPos"> &
  (
    | { readonly kind: "lines" | "number"; readonly series: readonly Series[] }
    | { readonly kind: "rows"; readonly rows: readonly Readonly<Record<string, string>>[] }
  );

const WIDTH = 1200;
const ROW = 30;
const GAP = 8;
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6b5b95", "#444444", "#8c6d31"];
const NAMED = 8;

/** One page of HTML without scripts, 1200 pixels wide: the dashboard's grid of 24 columns with curves, numbers and tables. */
export function boardPage(drawn: Drawn): string {
  const { title, panels } = drawn;
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const boxes = panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const [left, top] = [(x / 24) * WIDTH + GAP / 2, y * ROW + 44];
    const [width, height] = [(w / 24) * WIDTH - GAP, h * ROW - GAP];
    return `<section style="left:${left}px;top:${top}px;width:${width}px;height:${height}px"><h2>${inHtml(panel.title)}</h2>${body(panel, drawn, width, height - 26)}</section>`;
  });
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #f4f5f5; font: 12px/1.3 "DejaVu Sans", sans-serif; color: #24292e; height: ${bottom * ROW + 52}px; position: relative }
h1 { font-size: 16px; margin: 0; padding: 12px ${GAP}px } h2 { font-size: 12px; margin: 5px 8px }
section { position: absolute; background: #fff; border: 1px solid #d8dadd; border-radius: 2px; overflow: hidden; box-sizing: border-box }
.number { font-size: 32px; text-align: center; color: #006e4f } .none { text-align: center; color: #888; padding-top: 20px }
table { border-collapse: collapse; width: 100%; font-size: 11px } th { text-align: left; color: #555 }
td, th { padding: 3px 8px; border-bottom: 1px solid #eceeef; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 560px }
text { font: 10px "DejaVu Sans", sans-serif; fill: #666 }
.names { padding: 0 8px; font-size: 10px; white-space: nowrap; overflow: hidden } .names i { display: inline-block; width: 10px; height: 3px; margin: 0 4px 3px 10px }
</style><h1>${inHtml(title)}</h1>${boxes.join("\n")}`;
}

function body(panel: DrawnPanel, drawn: Drawn, width: number, height: number): string {
  if (panel.kind === "rows") return panel.rows.length === 0 ? nothing() : table(panel.rows);
  if (panel.series.length === 0) return nothing();
  if (panel.kind === "lines") return curves(panel, panel.series, drawn, width, height);
  return `<div class="number">${format(panel.series[0]!.points.at(-1)![1], panel.unit)}</div>`;
}

function nothing(): string {
  return '<div class="none">no data</div>';
}

function table(rows: readonly Readonly<Record<string, string>>[]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inHtml(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${row(Object.keys(rows[0]!), "th")}${rows.map((each) => row(Object.values(each), "td")).join("")}</table>`;
}

function curves(
  { unit, log }: DrawnPanel,
  series: readonly Series[],
  { from, to, marks }: Drawn,
  width: number,
  height: number,
): string {
  const values = series.flatMap((each) => each.points.map(([, value]) => value)).filter(Number.isFinite);
  if (values.length === 0) return nothing();
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks = log && most > 2 ? decades(least, most) : ticksOf(least, most);
  const scale = log && most > 2 ? bent : (value: number) => value;
  const [low, high] = [scale(ticks[0]!), scale(ticks.at(-1)!)];
  const [left, right, top, foot] = [58, width - 10, 6, height - 38];
  const x = (at: number) => left + ((at - from) / Math.max(1e-9, to - from)) * (right - left);
  const y = (value: number) =>
    foot - ((Math.min(high, Math.max(low, scale(value))) - low) / (high - low)) * (foot - top);
  const parts = ticks.map(
    (tick) =>
      `<path d="M${left} ${y(tick)}H${right}" stroke="#e7e9ea"/><text x="${left - 6}" y="${y(tick) + 3}" text-anchor="end">${format(tick, unit)}</text>`,
  );
  for (let i = 0; i <= 4; i++) {
    const at = from + ((to - from) * i) / 4;
    const anchor = i === 4 ? "end" : "middle";
    parts.push(
      `<text x="${x(at)}" y="${foot + 14}" text-anchor="${anchor}">${new Date(at * 1000).toISOString().slice(11, 19)}</text>`,
    );
  }
  for (const mark of marks.filter((at) => at >= from && at <= to))
    parts.push(`<path d="M${x(mark)} ${top}V${foot}" stroke="#d55e00" stroke-dasharray="3 3" stroke-opacity=".6"/>`);
  series.forEach(({ points: own }, i) => {
    const path = own.map(([at, v], j) => {
      const gap = j === 0 || at - own[j - 1]![0] > 10;
      return `${gap ? "M" : "L"}${x(at).toFixed(1)} ${y(v).toFixed(1)}`;
    });
    parts.push(`<path d="${path.join("")}" fill="none" stroke="${colour(i)}" stroke-width="1.5"/>`);
  });
  const names = series.slice(0, NAMED).map(({ name }, i) => `<i style="background:${colour(i)}"></i>${inHtml(name)}`);
  if (series.length > NAMED) names.push(`<i></i>and ${series.length - NAMED} more`);
  return `<svg width="${width}" height="${height - 20}">${parts.join("")}</svg><div class="names">${names.join("")}</div>`;
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!;
}

/** Linear up to 1, from there as much for each decade. */
function bent(value: number): number {
  return Math.abs(value) <= 1 ? value : Math.sign(value) * (1 + Math.log10(Math.abs(value)));
}

function decades(least: number, most: number): number[] {
  const high = Math.ceil(Math.log10(most));
  const below = least < 0 ? [-(10 ** Math.max(0, Math.ceil(Math.log10(-least))))] : [];
  return [...below, 0, ...Array.from({ length: high + 1 }, (_, i) => 10 ** i)];
}

/** Three to six round values around what is there. */
function ticksOf(least: number, most: number): number[] {
  const span = most - least || Math.abs(most) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 3));
  const step = power * [1, 2, 5, 10].find((one) => span / (one * power) <= 4.5)!;
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(most / step));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function format(value: number, unit: string): string {
  if (unit === "bytes") return `${(value / 2 ** 20).toFixed(0)} MiB`;
  if (unit === "percentunit") return `${round(100 * value)} %`;
  if (unit === "s") return Math.abs(value) >= 1 || value === 0 ? `${round(value)} s` : `${round(1000 * value)} ms`;
  const suffix = unit === "eps" || unit === "ops" ? "/s" : "";
  return (Math.abs(value) >= 10_000 ? `${round(value / 1000)} k` : round(value)) + suffix;
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function inHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
