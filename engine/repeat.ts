import type { Clock } from "./clock.ts";
import type { Channel } from "./dispatch.ts";
import type { Log } from "./log.ts";
import { isMuted } from "./mute.ts";
import type { About } from "./notification.ts";
import type { Route } from "./route.ts";
import { takes } from "./route.ts";
import type { Episode, Records } from "./store.ts";
import type { ChannelPolicy } from "./triage.ts";

export interface RepeatSetup {
  readonly channels: readonly Channel[];
  readonly records: Pick<Records, "episodes">;
  /** Routes of a monitor of this configuration. */
  routesOf(monitor: string): readonly Route[];
  readonly channelPolicies?: ReadonlyMap<string, ChannelPolicy>;
  readonly clock: Clock;
  readonly log: Log;
}

const PAGE = 1_000;
const STEP_MS = 500;

/** Says what is open again to channels that want it, each at its own pace, until stopped. */
export function startRepeating(setup: RepeatSetup): { stop(): Promise<void> } {
  const cut = new AbortController();
  const loops = setup.channels.flatMap((channel) => (channel.repeat ? [loop(channel, channel.repeat)] : []));
  return {
    async stop() {
      cut.abort();
      await Promise.all(loops);
    },
  };

  async function loop(channel: Channel, { everyMs, say }: NonNullable<Channel["repeat"]>): Promise<void> {
    const { clock, log } = setup;
    while (!cut.signal.aborted) {
      const next = clock.now() + everyMs;
      // In short steps: stopping does not wait for a pace.
      while (clock.now() < next && !cut.signal.aborted) await clock.sleep(Math.min(STEP_MS, next - clock.now()));
      if (cut.signal.aborted) return;
      try {
        if (isMuted(setup.channelPolicies?.get(channel.name)?.mute ?? [], clock.now())) continue;
        const open = await openEpisodes(channel.name);
        if (open.length === 0) continue;
        const said = await say(open, cut.signal);
        if (said.kind !== "delivered")
          log.warn("open alarms could not be said again", { channel: channel.name, why: said.error });
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        log.warn("open alarms could not be said again", { channel: channel.name, why });
      }
    }
  }

  async function openEpisodes(channel: string): Promise<readonly Episode[]> {
    const open: Episode[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await setup.records.episodes({
        state: "open",
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const episode of page.items) {
        const { monitor, detector, key, kind, severity } = episode;
        const about: About = { monitor, detector, key, kind, severity };
        const hears = setup.routesOf(monitor).some((r) => r.channel === channel && takes(r, about, "opened"));
        if (hears) open.push(episode);
      }
      after = page.items.length === 0 ? null : page.next;
    }
    return open;
  }
}
