import type { Rejection } from "../../engine/rejection.ts";

/** Largest distance from 1970 that a date can have. */
const MAX_TIME = 8.64e15;

/** RFC 3339 or epoch milliseconds → epoch milliseconds; absent: the record's own time. */
export function readTime(value: unknown, recordTime: number | null): number | null | Rejection {
  if (value === undefined || value === null) return recordTime;
  if (typeof value === "number") return fromNumber(value);
  const time = typeof value === "string" ? parseRfc3339(value) : null;
  return time ?? { reason: "wrong-type", detail: "The time is neither RFC 3339 nor epoch milliseconds." };
}

function fromNumber(value: number): number | Rejection {
  if (!Number.isFinite(value)) return { reason: "not-finite", detail: "The time is not finite." };
  if (Math.abs(value) <= MAX_TIME) return Math.floor(value);
  return { reason: "out-of-range", detail: "The time is beyond what a date can be." };
}

/** Date.parse takes much that is no RFC 3339, by the local zone at that. A leap second reads as the second after. */
export function parseRfc3339(text: string): number | null {
  if (text.length < 20 || !SEPARATORS.every(([at, set]) => set.includes(text[at]!))) return null;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return null;
  let end = 19;
  let millis = 0;
  if (text[end] === ".") {
    end += 1;
    for (let unit = 100; isDigit(text, end); end++, unit /= 10) {
      if (unit >= 1) millis += unit * digits(text, end, end + 1);
    }
    if (end === 20) return null;
  }
  const zone = parseZone(text, end);
  if (zone === null) return null;
  // Date.UTC takes years below 100 for 19xx; 400 years are always equally long.
  const shift = year < 100 ? 400 : 0;
  const utc = Date.UTC(year + shift, month - 1, day, hour, minute, second, millis);
  return utc - shift * 365.2425 * DAY - zone;
}

const DAY = 86_400_000;
const SEPARATORS: readonly (readonly [number, string])[] = [
  [4, "-"],
  [7, "-"],
  [10, "Tt "],
  [13, ":"],
  [16, ":"],
];

/** Z or ±hh:mm, to the text's end, in milliseconds. */
function parseZone(text: string, start: number): number | null {
  const sign = text[start];
  if (sign === "Z" || sign === "z") return text.length === start + 1 ? 0 : null;
  if ((sign !== "+" && sign !== "-") || text.length !== start + 6 || text[start + 3] !== ":") return null;
  const [hour, minute] = [digits(text, start + 1, start + 3), digits(text, start + 4, start + 6)];
  if (!(hour <= 23 && minute <= 59)) return null;
  return (sign === "-" ? -1 : 1) * (hour * 60 + minute) * 60_000;
}

/** NaN where one is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) value = isDigit(text, i) ? value * 10 + text.charCodeAt(i) - 48 : Number.NaN;
  return value;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
