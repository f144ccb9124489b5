/** A time in which a channel keeps silent. */
export type MuteWindow = WeeklyWindow | { readonly start: number; readonly end: number };

export interface WeeklyWindow {
  /** Days on which it begins; absent: every day. */
  readonly days?: readonly Weekday[] | undefined;
  /** Minutes after midnight; an end before the start is on the next day, the same as the start is a whole day. */
  readonly from: number;
  readonly to: number;
  /** IANA name of the time zone. */
  readonly zone: string;
}

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export function isMuted(windows: readonly MuteWindow[], now: number): boolean {
  return windows.some((window) =>
    "start" in window ? window.start <= now && now < window.end : isWithin(window, now),
  );
}

function isWithin({ days = WEEKDAYS, from, to, zone }: WeeklyWindow, now: number): boolean {
  const { day, minute } = localTime(now, zone);
  const beganToday = days.includes(WEEKDAYS[day]!);
  if (from < to) return beganToday && minute >= from && minute < to;
  const beganYesterday = days.includes(WEEKDAYS[(day + 6) % 7]!);
  return (beganToday && minute >= from) || (beganYesterday && minute < to);
}

function localTime(now: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  const day = (WEEKDAYS as readonly string[]).indexOf(of("weekday").toLowerCase());
  return { day, minute: Number(of("hour")) * 60 + Number(of("minute")) };
}
