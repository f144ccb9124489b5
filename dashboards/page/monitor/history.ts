import { useMemo, useRef, useState } from "preact/hooks";
import type { KeyDetail } from "../../../adapters/http/types.ts";
import { parse } from "../chart/episode-marks.ts";
import type { History, Period } from "../chart/main-chart.tsx";
import { curveOf, type Point } from "../chart/model.ts";
import { path } from "../data/api.ts";
import { changes } from "../data/live.ts";
import { useResource } from "../data/resource.ts";
import { useStore } from "../data/store.ts";

/** Points of the curve; more would not be told apart on any screen. */
export const POINTS = 1_500;

/**
 * A key's curve beyond its newest points: all of it in stretches with their highest level, and finer as far as one zooms
 * in. Null: the newest points are all there is.
 */
export function useHistory(
  monitor: string,
  key: string,
  newest: KeyDetail | null,
): (History & { readonly points: readonly Point[] | null }) | null {
  const [period, setPeriod] = useState<Period>("newest");
  const [shown, setShown] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const tick = useStore(changes);
  const span = { points: POINTS, from: shown?.from ?? 0, to: shown?.to ?? null };
  const address = period === "all" ? path(["monitors", monitor, "keys", key], span) : null;
  const { value } = useResource<KeyDetail>(address, tick);
  // While finer points are on their way the coarser ones stay.
  const last = useRef<readonly Point[] | null>(null);
  const points = useMemo(() => {
    if (period === "newest") last.current = null;
    else if (value !== null) last.current = shown === null ? withLiveEnd(value).series : value.series;
    return last.current;
  }, [period, value, shown]);
  if (newest === null || (newest.series.length < POINTS && period === "newest")) return null;
  const onPeriod = (wanted: Period) => {
    setShown(null);
    setPeriod(wanted);
  };
  return { period, onPeriod, onShown: setShown, points };
}

/** The stored curve ends at the last full stretch of events; the page goes on to where the key stands now. */
export function withLiveEnd(value: KeyDetail): KeyDetail {
  const { series, events, ratio, lastEventTime, episodes } = value;
  const alarms = episodes.map(({ opened }) => ({ index: opened.index, time: parse(opened.time) }));
  return { ...value, series: [...curveOf(series, { events, ratio, time: parse(lastEventTime), alarms })] };
}
