import type uPlot from "uplot";
import { type Axis, type Mark, type Moment, type Point, placeOf } from "./model.ts";

/** What lies under and over the level: episodes, onset interval, the alarm line, flags. Sizes are in device pixels. */

export interface Palette {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly level: string;
  readonly levelFill: string;
  readonly over: string;
  readonly overInk: string;
  readonly overFill: string;
  readonly onset: string;
  readonly onsetInk: string;
  readonly shade: string;
  readonly font: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    quiet: read("--ink-2"),
    line: read("--line"),
    surface: read("--surface"),
    level: read("--accent"),
    levelFill: read("--level-fill"),
    over: read("--drifting"),
    overInk: read("--drifting-ink"),
    overFill: read("--over-fill"),
    onset: read("--onset"),
    onsetInk: read("--onset-ink"),
    shade: read("--shade"),
    font: style.fontFamily,
  };
}

export interface Scene {
  readonly points: readonly Point[];
  readonly marks: readonly Mark[];
  readonly moments: readonly Moment[];
  readonly axis: Axis;
  /** Another line that is asked about. */
  readonly other: number | null;
  readonly palette: Palette;
}

/** Blue water below the line, vermillion above it. */
export function levelGradient(u: uPlot, below: string, above: string): CanvasGradient | string {
  const { top, height } = u.bbox;
  const line = (u.valToPos(1, "y", true) - top) / height;
  if (!Number.isFinite(line) || line <= 0 || line >= 1) return line >= 1 ? above : below;
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, above);
  gradient.addColorStop(line, above);
  gradient.addColorStop(line, below);
  gradient.addColorStop(1, below);
  return gradient;
}

export function drawUnder(u: uPlot, { points, marks, axis, palette }: Scene): void {
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const mark of marks) {
    const from = position(u, points, mark.alarm, axis);
    const to = mark.end === null ? left + width : position(u, points, mark.end, axis);
    if (from !== null && to !== null) {
      const width = Math.max(to - from, devicePixelRatio);
      ctx.fillStyle = palette.shade;
      if (mark.chosen) ctx.fillRect(from, top, width, height);
      ctx.fillStyle = palette.over;
      ctx.fillRect(from, top, width, 3 * devicePixelRatio);
    }
    if (mark.onset === null || !mark.chosen) continue;
    const low = position(u, points, mark.onset.low, axis);
    const high = position(u, points, mark.onset.high, axis);
    if (low === null || high === null) continue;
    ctx.fillStyle = palette.onset;
    ctx.fillRect(low, top, Math.max(high - low, 2 * devicePixelRatio), height);
  }
  ctx.restore();
}

export function drawOver(u: uPlot, scene: Scene): void {
  const { points, marks, axis, palette } = scene;
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  const dot = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${12 * dot}px ${palette.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";

  level(u, 1, "alarm line", palette.overInk);
  if (scene.other !== null) level(u, scene.other, "asked about", palette.onsetInk);

  let drawn = Number.NEGATIVE_INFINITY;
  // The chosen one last, over the others.
  for (const mark of [...marks].sort((a, b) => Number(a.chosen) - Number(b.chosen) || a.alarm - b.alarm)) {
    const at = position(u, points, mark.alarm, axis);
    if (at === null || at < left || at > left + width) continue;
    // Alarms by the dozen would hide the curve: the list below has them all.
    if (!mark.chosen && at - drawn < CROWDED * dot) continue;
    drawn = at;
    const onset = mark.chosen && mark.onset !== null ? position(u, points, mark.onset.index, axis) : null;
    if (onset !== null && onset >= left) {
      ctx.strokeStyle = palette.onsetInk;
      ctx.lineWidth = 1.5 * dot;
      ctx.setLineDash([2 * dot, 3 * dot]);
      stroke(ctx, onset, top - 14 * dot, onset, top + height);
      ctx.setLineDash([]);
      label(u, "change began", onset, palette.onsetInk, "left", scene);
    }
    flag(u, at, mark, scene);
    if (mark.end !== null && mark.chosen) {
      const end = position(u, points, mark.end, axis);
      if (end !== null && end <= left + width && end - at > 90 * dot) {
        ctx.strokeStyle = palette.quiet;
        ctx.lineWidth = dot;
        stroke(ctx, end, top, end, top + height);
        label(u, mark.endWord, end, palette.quiet, end > left + width - 90 * dot ? "left" : "right", scene);
      }
    }
  }
  for (const moment of scene.moments) {
    const at = position(u, points, moment.index, axis);
    if (at !== null && at >= left && at <= left + width) foot(u, at, moment, palette);
  }
  ctx.restore();
}

/** Flags closer than this would touch. */
const CROWDED = 13;

/** A ring where a person has seen it, a diamond on a line where another reference begins. */
function foot(u: uPlot, at: number, { kind }: Moment, palette: Palette): void {
  const { ctx } = u;
  const { top, height } = u.bbox;
  const dot = devicePixelRatio;
  const [r, y] = [5 * dot, top + height - 9 * dot];
  ctx.strokeStyle = palette.ink;
  ctx.fillStyle = palette.surface;
  ctx.lineWidth = 1.5 * dot;
  if (kind === "reference") {
    ctx.setLineDash([1.5 * dot, 4 * dot]);
    stroke(ctx, at, top, at, y - r);
    ctx.setLineDash([]);
  }
  ctx.beginPath();
  if (kind === "seen") ctx.arc(at, y, r, 0, 2 * Math.PI);
  else {
    ctx.moveTo(at, y - r);
    ctx.lineTo(at + r, y);
    ctx.lineTo(at, y + r);
    ctx.lineTo(at - r, y);
    ctx.closePath();
  }
  ctx.fill();
  ctx.stroke();
}

/** A dashed line across, with its name above it. */
function level(u: uPlot, ratio: number, name: string, color: string): void {
  const { left, width } = u.bbox;
  const { ctx } = u;
  const dot = devicePixelRatio;
  const y = Math.round(u.valToPos(ratio, "y", true));
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.25 * dot;
  ctx.setLineDash([5 * dot, 4 * dot]);
  stroke(ctx, left, y, left + width, y);
  ctx.setLineDash([]);
  ctx.fillStyle = color;
  ctx.fillText(name, left + 6 * dot, y - 9 * dot);
}

function flag(u: uPlot, at: number, mark: Mark, scene: Scene): void {
  const { ctx } = u;
  const { top, height, left, width } = u.bbox;
  const dot = devicePixelRatio;
  ctx.strokeStyle = scene.palette.over;
  ctx.fillStyle = scene.palette.over;
  ctx.lineWidth = (mark.chosen ? 2 : 1.25) * dot;
  const head = top - 20 * dot;
  stroke(ctx, at, head, at, top + height);
  ctx.beginPath();
  ctx.moveTo(at, head);
  ctx.lineTo(at + 11 * dot, head + 5.5 * dot);
  ctx.lineTo(at, head + 11 * dot);
  ctx.fill();
  if (mark.chosen) {
    const tight = at > left + width - 60 * dot;
    if (!tight) label(u, "alarm", at + 10 * dot, scene.palette.overInk, "right", scene);
  }
}

function label(u: uPlot, text: string, x: number, color: string, side: "left" | "right", scene: Scene): void {
  const { ctx } = u;
  const dot = devicePixelRatio;
  const width = ctx.measureText(text).width;
  const start = side === "left" ? x - width - 6 * dot : x + 6 * dot;
  const fits = side === "right" || start >= u.bbox.left - 40 * dot;
  if (!fits) return;
  const y = u.bbox.top - 14 * dot;
  ctx.fillStyle = scene.palette.surface;
  ctx.fillRect(start - 2 * dot, y - 8 * dot, width + 4 * dot, 16 * dot);
  ctx.fillStyle = color;
  ctx.fillText(text, start, y);
}

function position(u: uPlot, points: readonly Point[], index: number, axis: Axis): number | null {
  const place = placeOf(points, index, axis);
  return place === null ? null : Math.round(u.valToPos(place, "x", true));
}

function stroke(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
