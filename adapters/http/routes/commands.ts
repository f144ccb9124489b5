import { TidegaugeError } from "../../../engine/errors.ts";
import type { MonitorView } from "../../../engine/service-view.ts";
import type { CommandRecord } from "../../../engine/store.ts";
import { type Context, monitorOf } from "../context.ts";
import { episodeParams, feedbackBody, keyParams, monitorParams, noteBody, referenceBody } from "../parameters.ts";
import { badRequest, route } from "../route.ts";
import { commandsTaken } from "../types.ts";

const KEYS_AT_ONCE = 10_000;
const KEYS_A_PAGE = 1_000;

/** What people tell the service. Each is a row in the store that the key's owner applies at its next checkpoint. */
export function commandRoutes(context: Context) {
  const { store } = context;
  return [
    route({
      method: "POST",
      path: "/api/v1/episodes/{id}/acknowledge",
      summary: "A person has seen this episode",
      params: episodeParams,
      body: noteBody,
      status: 202,
      answer: commandsTaken,
      async handle({ params, body }) {
        const episode = await store.episode(params.id);
        if (!episode) throw new TidegaugeError("NOT_FOUND", { what: "episode", name: params.id });
        if (episode.state === "closed") throw badRequest("The episode is over", "There is nothing left to acknowledge");
        const monitor = monitorOf(context, episode.monitor);
        return await tell(monitor, [episode.key], "acknowledge", episode.id, body.note);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/monitors/{name}/keys/{key}/feedback",
      summary: "This alarm was false, or was seen",
      params: keyParams,
      body: feedbackBody,
      status: 202,
      answer: commandsTaken,
      async handle({ params, body }) {
        const monitor = monitorOf(context, params.name);
        await mustExist(monitor, params.key);
        return await tell(monitor, [params.key], body.kind, body.episode ?? null, body.note);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/monitors/{name}/keys/{key}/reference",
      summary: "The recent past of this key becomes normal",
      params: keyParams,
      body: noteBody,
      status: 202,
      answer: commandsTaken,
      async handle({ params, body }) {
        const monitor = monitorOf(context, params.name);
        await mustExist(monitor, params.key);
        return await tell(monitor, [params.key], "adapt", null, body.note);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/monitors/{name}/reference",
      summary: "The recent past of every key of the monitor becomes normal",
      params: monitorParams,
      body: referenceBody,
      status: 202,
      answer: commandsTaken,
      async handle({ params, body }) {
        const monitor = monitorOf(context, params.name);
        const keys: string[] = [];
        let after: string | null | undefined;
        while (after !== null) {
          const page = await store.keys({
            run: monitor.run,
            monitor: monitor.name,
            limit: KEYS_A_PAGE,
            ...(body.status === undefined ? {} : { status: body.status }),
            ...(after === undefined ? {} : { after }),
          });
          keys.push(...page.items.map((k) => k.key));
          if (keys.length > KEYS_AT_ONCE) {
            throw badRequest(`More than ${KEYS_AT_ONCE} keys`, "Narrow it with `status`, or name the keys one by one");
          }
          after = page.next;
        }
        return await tell(monitor, keys, "adapt", null, body.note);
      },
    }),
  ];

  async function mustExist(monitor: MonitorView, key: string): Promise<void> {
    if (monitor.key(key) !== null || (await store.key(monitor.run, monitor.name, key)) !== null) return;
    throw new TidegaugeError("NOT_FOUND", { what: "key", name: key });
  }

  async function tell(
    monitor: MonitorView,
    keys: readonly string[],
    kind: CommandRecord["kind"],
    episode: string | null,
    note: string | undefined,
  ): Promise<{ commands: number }> {
    const { run, name } = monitor;
    for (const key of keys) await store.addCommand({ run, monitor: name, key, kind, episode, note: note ?? null });
    monitor.poke();
    context.log.info("commands taken", { monitor: name, kind, keys: keys.length });
    return { commands: keys.length };
  }
}
