import { type Point, timeOf } from "../chart/model.ts";
import { formatCount, formatSpan, formatTime } from "./format.ts";

interface Span {
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

const PLACE = /event ([\d,]+)(?: \(([\d,]+)–([\d,]+)\))?/;

/**
 * Detectors know events only: "Since about event 1702 (1650–1760) …". A person says "Since about 13:40 (13:31–13:47) …";
 * where the times are known, so does the page, else the numbers get their thousands apart.
 */
export function tell(said: string, onset: Span | null, points: readonly Point[]): string {
  const summary = said.replaceAll(/(\d) %/g, "$1\u00a0%");
  const found = PLACE.exec(summary);
  if (found === null || onset === null || indexOf(found[1]!) !== onset.index) return summary;
  const place = inTimes(onset, points) ?? inEvents(onset, found[2] !== undefined);
  // "Since about 1 Feb 1997, 0.6 % of …": two numbers must not run together.
  const pause = /^ \d/.test(summary.slice(found.index + found[0].length)) ? "," : "";
  return summary.replace(PLACE, place + pause);
}

function inTimes({ index, low, high }: Span, points: readonly Point[]): string | null {
  const at = timeOf(points, index);
  const from = timeOf(points, low);
  const to = timeOf(points, high);
  if (at === null || from === null || to === null) return null;
  const span = formatSpan(from, to, at);
  return span.includes("–") ? `${formatTime(at)} (${span})` : formatTime(at);
}

function inEvents({ index, low, high }: Span, ranged: boolean): string {
  const range = ranged && low < high ? ` (${formatCount(low)}–${formatCount(high)})` : "";
  return `event ${formatCount(index)}${range}`;
}

function indexOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}
