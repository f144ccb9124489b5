import { createMemoryStore } from "../../adapters/store/memory.ts";
import {
  type Channel,
  type Delivery,
  type Dispatcher,
  type DispatchPolicy,
  startDispatcher,
} from "../../engine/dispatch.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import type { About, Phase } from "../../engine/notification.ts";
import type { DueNotification, Notification, Outbox } from "../../engine/outbox.ts";
import type { ChannelPolicy } from "../../engine/triage.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

export interface Told {
  readonly id: string;
  readonly episode: string | null;
  readonly phase: Phase;
  readonly key: string | null;
  readonly summary: string;
  readonly at: number;
  readonly createdAt: number;
}

/** Outbox, dispatcher and a target in memory, on a clock that moves when told. */
export interface World {
  readonly clock: FakeClock;
  readonly outbox: Outbox;
  readonly dispatcher: Dispatcher;
  /** What was delivered, in order. */
  readonly told: Told[];
  tries(): number;
  add(key: string, phase?: Phase, given?: Partial<Notification> & { monitor?: string }): Promise<void>;
}

export const START = Date.parse("2026-03-02T12:00:00Z");

export function createWorld(
  setup: {
    readonly policy?: ChannelPolicy;
    readonly dispatch?: Partial<DispatchPolicy>;
    readonly answer?: (n: DueNotification, now: number) => Delivery;
  } = {},
): World {
  const clock = createFakeClock(START);
  const outbox = createMemoryStore({ now: clock.now });
  const told: Told[] = [];
  let tries = 0;
  const channel: Channel = {
    name: "ops",
    async deliver(n) {
      tries++;
      const answer = setup.answer?.(n, clock.now()) ?? { kind: "delivered" };
      if (answer.kind === "delivered") {
        const { id, episode, phase, about, createdAt } = n;
        const { summary } = JSON.parse(n.body) as { summary: string };
        told.push({ id, episode, phase, key: about?.key ?? null, summary, at: clock.now(), createdAt });
      }
      return answer;
    },
  };
  let random = 1;
  const dispatcher = startDispatcher({
    outbox,
    channels: [channel],
    channelPolicies: new Map([["ops", setup.policy ?? {}]]),
    meter: NO_METER,
    clock,
    log: silentLog,
    policy: { pollMs: 1_000, ...setup.dispatch },
    // Not constant, and the same in each run.
    random: () => {
      random = (random * 48_271) % 2_147_483_647;
      return random / 2_147_483_647;
    },
  });
  return {
    clock,
    outbox,
    dispatcher,
    told,
    tries: () => tries,
    async add(key, phase = "opened", { monitor = "bot", ...given } = {}) {
      const about: About = { monitor, detector: "numeric", key, kind: "drift", severity: "warning" };
      const episode = `epi_${monitor}_${key}`;
      await outbox.enqueue({
        id: `ntf_${episode}_${phase}`,
        episode,
        signal: `sig_${key}`,
        channel: "ops",
        phase,
        about,
        body: JSON.stringify({
          id: `sig_${key}`,
          kind: "drift",
          severity: "warning",
          time: new Date(clock.now()).toISOString(),
          summary: `${key} ${phase}`,
        }),
        ...given,
      });
    },
  };
}
