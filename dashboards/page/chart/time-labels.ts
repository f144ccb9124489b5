/** Labels of a time axis, 24 hours and days as they are written here; the day goes under the first label of each day. */

const LOCALE = "en-GB";
const seconds = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const daysAndYears = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const months = new Intl.DateTimeFormat(LOCALE, { month: "short", year: "numeric" });
const years = new Intl.DateTimeFormat(LOCALE, { year: "numeric" });

const MINUTE = 60;
const DAY = 86_400;

/** `splits` and `step` in seconds. */
export function timeLabels(splits: readonly number[], step: number, now = Date.now()): string[] {
  if (step >= 365 * DAY) return splits.map((s) => years.format(s * 1000));
  if (step >= 28 * DAY) return splits.map((s) => months.format(s * 1000));
  const thisYear = new Date(now).getFullYear();
  const dayOf = (s: number) => (new Date(s * 1000).getFullYear() === thisYear ? days : daysAndYears).format(s * 1000);
  if (step >= DAY) return splits.map(dayOf);
  const form = step < MINUTE ? seconds : minutes;
  let before = "";
  return splits.map((s) => {
    const day = dayOf(s);
    const label = day === before ? form.format(s * 1000) : `${form.format(s * 1000)}\n${day}`;
    before = day;
    return label;
  });
}
