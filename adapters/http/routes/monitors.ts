import type { z } from "zod";
import { TidegaugeError } from "../../../engine/errors.ts";
import type { MonitorView } from "../../../engine/service-view.ts";
import { type Context, monitorOf } from "../context.ts";
import type { Overviews } from "../overview.ts";
import { keyParams, keyQuery, keysQuery, monitorParams } from "../parameters.ts";
import { inspectionOf, keyRowOf, laneOf, pointOf, timeText } from "../present.ts";
import { route } from "../route.ts";
import type { KeyDetail, KeyPage } from "../types.ts";
import { keyDetail, keyPage, monitorDetail, overview } from "../types.ts";

const EPISODES = 50;

export function monitorRoutes(context: Context, overviews: Overviews) {
  const { store } = context;
  return [
    route({
      method: "GET",
      path: "/api/v1/monitors",
      summary: "All monitors and what needs a look",
      answer: overview,
      handle: () => overviews.overview(true),
    }),
    route({
      method: "GET",
      path: "/api/v1/monitors/{name}",
      summary: "One monitor: configuration, counters, partitions, first page of keys",
      params: monitorParams,
      query: keysQuery,
      answer: monitorDetail,
      async handle({ params, query }) {
        const monitor = monitorOf(context, params.name);
        const { detector, counters, run, promise, reference, options, lanes } = monitor;
        const summary = await overviews.summary(monitor, true);
        const { keys: keyRows, next } = await keysOf(monitor, query);
        return {
          ...summary,
          run,
          promise,
          reference: reference === null ? null : { ...reference },
          options: { ...options },
          gauges: detector.gauges.map(({ name, help }) => ({ name, help })),
          kinds: detector.signals.map(({ kind, severity, episode, help }) => ({ kind, severity, episode, help })),
          rejected: { ...counters.rejected },
          signals: counters.signals.map(({ kind, severity, count }) => ({ kind, severity, count })),
          lanes: lanes.map(laneOf),
          keyRows,
          next,
        };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/monitors/{name}/keys",
      summary: "Keys of a monitor as of their last commit, by name",
      params: monitorParams,
      query: keysQuery,
      answer: keyPage,
      handle: ({ params, query }) => keysOf(monitorOf(context, params.name), query),
    }),
    route({
      method: "GET",
      path: "/api/v1/monitors/{name}/keys/{key}",
      summary: "One key: what its detector sees now, its series and episodes",
      params: keyParams,
      query: keyQuery,
      answer: keyDetail,
      async handle({ params, query }) {
        const monitor = monitorOf(context, params.name);
        const { name, run, detector } = monitor;
        const now = await keyNow(monitor, params.key);
        const { from, to, points } = query;
        const span = { from: from ?? 0, to: to ?? Number.MAX_SAFE_INTEGER };
        const series =
          from === undefined && to === undefined
            ? await store.series(run, name, params.key, points)
            : await store.seriesSpan(run, name, params.key, span, points);
        const of = { monitor: name, key: params.key };
        const { items: newest, next } = await store.episodes({ ...of, limit: EPISODES });
        const open = next === null ? [] : (await store.episodes({ ...of, state: "open", limit: EPISODES })).items;
        return {
          ...now,
          monitor: name,
          detector: detector.name,
          series: series.map(pointOf),
          episodes: [...newest, ...open.filter(({ id }) => !newest.some((one) => one.id === id))],
        };
      },
    }),
  ];

  async function keysOf(monitor: MonitorView, query: z.output<typeof keysQuery>): Promise<KeyPage> {
    const { status, search, after, limit } = query;
    const found = await store.keys({
      run: monitor.run,
      monitor: monitor.name,
      limit,
      ...(status === undefined ? {} : { status }),
      ...(search === undefined || search === "" ? {} : { search }),
      ...(after === undefined ? {} : { after }),
    });
    return { keys: found.items.map(keyRowOf), next: found.next };
  }

  /** From memory where it is there: a stored state may be large to read. */
  async function keyNow(
    monitor: MonitorView,
    key: string,
  ): Promise<Omit<KeyDetail, "monitor" | "detector" | "series" | "episodes">> {
    const live = monitor.key(key);
    const only = monitor.lanes.length === 1 ? monitor.lanes[0] : undefined;
    const stored = live !== null && only !== undefined ? null : await store.key(monitor.run, monitor.name, key);
    if (live !== null) {
      const { events, status, ratio, lastEventTime } = live;
      const partition = stored?.partition ?? only?.partition ?? 0;
      const inspection = inspectionOf(live.inspect());
      return {
        key,
        partition,
        events,
        status,
        ratio,
        lastEventTime: timeText(lastEventTime),
        inMemory: true,
        inspection,
      };
    }
    if (stored === null) throw new TidegaugeError("NOT_FOUND", { what: "key", name: key });
    return { ...keyRowOf(stored), inMemory: false, inspection: inspectionOf(await monitor.inspectStored(stored)) };
  }
}
