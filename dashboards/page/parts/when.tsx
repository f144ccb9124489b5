import { formatExact, formatTime } from "./format.ts";

/** A local time; the zone and the seconds are on hover. */
export function When({ time, prefix = "" }: { time: number | string; prefix?: string }) {
  return (
    <time class="nowrap" dateTime={new Date(time).toISOString()} title={formatExact(time)}>
      {prefix}
      {formatTime(time)}
    </time>
  );
}
