/** Numbers and times as a person writes them. Times are the reader's local time; the exact form goes into `title`. */

const LOCALE = "en-GB";
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const minuteForm = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const secondForm = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayForm = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const yearForm = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const exactForm = new Intl.DateTimeFormat(LOCALE, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

const NARROW = "\u202f";
const DAY_MS = 86_400_000;

export function formatCount(n: number): string {
  return whole.format(n);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** Three significant digits, large and tiny values in powers of ten. */
export function formatNumber(x: number): string {
  const size = Math.abs(x);
  if (x === 0) return "0";
  if (size >= 1e6 || size < 1e-3) {
    const exponent = Math.floor(Math.log10(size));
    return `${(x / 10 ** exponent).toFixed(1)}·10${superscript(exponent)}`;
  }
  if (size >= 1000) return whole.format(x);
  return String(Number(x.toPrecision(3)));
}

/** Statistic over threshold: 0.42, 1.05, 37, 12,000. */
export function formatRatio(ratio: number): string {
  if (ratio > 0 && ratio < 0.01) return "< 0.01";
  if (ratio < 10) return ratio.toFixed(2);
  return formatNumber(ratio);
}

export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return `0${NARROW}%`;
  if (percent < 0.1) return `< 0.1${NARROW}%`;
  return `${percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)}${NARROW}%`;
}

export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "quiet";
  if (perSecond >= 0.995) return `${formatNumber(perSecond)}/s`;
  if (perSecond * 60 >= 0.995) return `${formatNumber(perSecond * 60)}/min`;
  return `${formatNumber(perSecond * 3600)}/h`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}${NARROW}s`;
  if (seconds < 100) return `${seconds.toFixed(0)}${NARROW}s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)}${NARROW}min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)}${NARROW}h`;
  return plural(Math.round(seconds / 86_400), "day");
}

/** 14:02 today, 3 Mar 14:02 this year, else 28 Jan 2003. */
export function formatTime(time: number | string, now = Date.now()): string {
  const date = new Date(time);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return minuteForm.format(date);
  if (Math.abs(now - date.getTime()) < 180 * DAY_MS) return `${dayForm.format(date)} ${minuteForm.format(date)}`;
  return yearForm.format(date);
}

/** 13:31–13:47 where the day was just said, else with days. */
export function formatSpan(from: number, to: number, beside: number): string {
  const day = new Date(beside).toDateString();
  const short = [from, to].every((time) => new Date(time).toDateString() === day);
  if (short && Math.abs(Date.now() - beside) < 180 * DAY_MS)
    return join(minuteForm.format(from), minuteForm.format(to));
  return join(formatTime(from), formatTime(to));
}

function join(from: string, to: string): string {
  return from === to ? from : `${from}–${to}`;
}

export function formatSecond(time: number, now = Date.now()): string {
  const date = new Date(time);
  if (date.toDateString() === new Date(now).toDateString()) return secondForm.format(date);
  return formatTime(time, now);
}

export function formatExact(time: number | string): string {
  return exactForm.format(new Date(time));
}

/** The word for a detector's own kind: `mean_shift` → mean shift. */
export function words(name: string): string {
  return name.replaceAll(/[_-]+/g, " ");
}

function superscript(n: number): string {
  return String(n).replaceAll(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!));
}
