import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import type { DeliveryOutcome, DueNotification, Episode, Outbox } from "./store.ts";
import { type ChannelPolicy, createTriage, type Triage } from "./triage.ts";

/** Where notifications go: a webhook, a topic. Settles within its own time-out, and soon after `stop` aborts. */
export interface Channel {
  readonly name: string;
  deliver(notification: DueNotification, stop: AbortSignal): Promise<Delivery>;
  /** For targets that forget what they do not hear again: everything that is open now, every so often. */
  readonly repeat?: {
    readonly everyMs: number;
    say(episodes: readonly Episode[], stop: AbortSignal): Promise<Delivery>;
  };
}

export type Delivery =
  | { readonly kind: "delivered" }
  /** `afterMs`: what the target asked for, or null. */
  | { readonly kind: "retry"; readonly afterMs: number | null; readonly error: string }
  | { readonly kind: "dead"; readonly error: string };

export interface DispatchPolicy {
  /** Tries of one notification; then it is dead until a person redelivers it. */
  readonly maxAttempts: number;
  /** Wait before try n+1: uniform in [0, min(maxDelayMs, firstDelayMs · 2^(n−1))]. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Deliveries at a time to one target. */
  readonly concurrency: number;
  /** Longer than any channel's time-out, or two members may deliver at once. */
  readonly leaseMs: number;
  readonly pollMs: number;
  /** Failures in a row after which a target is only probed, one notification each `pauseMs`. */
  readonly breakAfter: number;
  readonly pauseMs: number;
  /** How long stop() lets deliveries finish. */
  readonly graceMs: number;
}

/** 20 tries over about a day. */
export const DISPATCH_POLICY: DispatchPolicy = {
  maxAttempts: 20,
  firstDelayMs: 5_000,
  maxDelayMs: 6 * 3_600_000,
  concurrency: 4,
  leaseMs: 30_000,
  pollMs: 1_000,
  breakAfter: 5,
  pauseMs: 30_000,
  graceMs: 10_000,
};

export interface DispatchSetup {
  readonly outbox: Outbox;
  readonly channels: readonly Channel[];
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy?: Partial<DispatchPolicy>;
  /** By name of channel: when it keeps silent, and what it tells as one. */
  readonly channelPolicies?: ReadonlyMap<string, ChannelPolicy>;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface Dispatcher {
  /** Targets that keep failing are only probed until one delivery succeeds. */
  broken(): readonly string[];
  /** A commit wrote notifications: do not wait for the next poll. */
  wake(): void;
  /** Takes no more, waits for what is under way. */
  stop(): Promise<void>;
}

/** One loop per channel, so that a slow or broken target holds up no other. */
export function startDispatcher(setup: DispatchSetup): Dispatcher {
  const policy = { ...DISPATCH_POLICY, ...setup.policy };
  const cut = new AbortController();
  const targets = setup.channels.map((channel) => new Target(channel, setup, policy, cut.signal));
  const loops = Promise.all(targets.map((t) => t.run()));
  return {
    broken: () => targets.filter((t) => t.broken()).map((t) => t.name),
    wake: () => {
      for (const t of targets) t.wake();
    },
    stop: async () => {
      for (const t of targets) t.stop();
      const grace = setTimeout(() => cut.abort(), policy.graceMs);
      await loops;
      clearTimeout(grace);
    },
  };
}

class Target {
  private readonly channel: Channel;
  private readonly setup: DispatchSetup;
  private readonly policy: DispatchPolicy;
  private readonly cut: AbortSignal;
  private readonly triage: Triage;
  /** When deliveries of the last minute began, oldest first, where they are limited. */
  private begun: number[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private stopping = false;
  private failures = 0;
  private pausedUntil = 0;
  private unread = false;
  private bell = newBell();

  constructor(channel: Channel, setup: DispatchSetup, policy: DispatchPolicy, cut: AbortSignal) {
    this.channel = channel;
    this.setup = setup;
    this.policy = policy;
    this.cut = cut;
    const own = setup.channelPolicies?.get(channel.name) ?? {};
    this.triage = createTriage(channel.name, own, setup.outbox, setup.clock);
  }

  get name(): string {
    return this.channel.name;
  }

  broken(): boolean {
    return this.failures >= this.policy.breakAfter;
  }

  wake(): void {
    this.bell.ring();
  }

  stop(): void {
    this.stopping = true;
    this.bell.ring();
  }

  async run(): Promise<void> {
    const { clock, outbox, log } = this.setup;
    while (!this.stopping) {
      const room = this.room();
      let took = 0;
      try {
        const open = room > 0 && (await this.triage.open());
        const due = open ? await outbox.takeDue(this.channel.name, room, this.policy.leaseMs) : [];
        took = due.length;
        this.unread = false;
        for (const notification of due) this.start(notification);
      } catch (cause) {
        // Once, not at each poll of a long outage.
        if (!this.unread) log.warn("the outbox cannot be read", { channel: this.channel.name, why: textOf(cause) });
        this.unread = true;
      }
      // With full hands (or as many as were asked for) the next thing to do comes when one is done.
      const paused = clock.now() < this.pausedUntil;
      if (took === room && this.underWay.size > 0 && !paused) await Promise.race([...this.underWay, this.bell.rung]);
      else await Promise.race([clock.sleep(this.policy.pollMs), this.bell.rung]);
      this.bell = newBell();
    }
    await Promise.all(this.underWay);
  }

  /** How many may be taken now: none while paused, one as a probe of a target that keeps failing. */
  private room(): number {
    const now = this.setup.clock.now();
    if (now < this.pausedUntil) return 0;
    if (this.broken()) return this.underWay.size === 0 ? 1 : 0;
    const free = this.policy.concurrency - this.underWay.size;
    const { perMinute } = this.triage.policy;
    if (perMinute === undefined) return free;
    this.begun = this.begun.filter((at) => now - at < MINUTE_MS);
    return Math.min(free, perMinute - this.begun.length);
  }

  private start(notification: DueNotification): void {
    const work = this.deliver(notification).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async deliver(notification: DueNotification): Promise<void> {
    const { clock, meter, outbox, log } = this.setup;
    const about = { channel: this.channel.name, notification: notification.id, attempt: notification.attempts };
    try {
      const instead = await this.triage.judge(notification);
      if (instead !== null) {
        if (instead.kind === "suppressed") log.info("notification suppressed", { ...about, why: instead.error });
        if (instead.kind !== "folded") await outbox.finish(notification.id, instead);
        return;
      }
    } catch (cause) {
      log.warn("the outbox cannot be read", { ...about, why: textOf(cause) });
      return;
    }
    const begun = clock.now();
    if (this.triage.policy.perMinute !== undefined) this.begun.push(begun);
    const delivery = await this.attempt(notification);
    const outcome = settle(delivery, notification.attempts, this.policy, this.setup.random ?? Math.random);
    meter.delivery(this.channel.name, (clock.now() - begun) / 1000, outcome.kind);
    this.judge(delivery);
    if (outcome.kind !== "delivered") log.warn(`delivery: ${outcome.kind}`, { ...about, why: outcome.error });
    try {
      await outbox.finish(notification.id, outcome);
    } catch (cause) {
      // Its lease runs out and it is delivered again under the same id.
      log.warn("the outcome of a delivery could not be stored", { ...about, why: textOf(cause) });
    }
  }

  private async attempt(notification: DueNotification): Promise<Delivery> {
    try {
      return await this.channel.deliver(notification, this.cut);
    } catch (cause) {
      return { kind: "retry", afterMs: null, error: textOf(cause) };
    }
  }

  /** A dead one says nothing about the target; a failed one may. */
  private judge(delivery: Delivery): void {
    if (delivery.kind === "delivered") {
      this.failures = 0;
      this.pausedUntil = 0;
      return;
    }
    if (delivery.kind === "dead") return;
    this.failures += 1;
    const { breakAfter, pauseMs } = this.policy;
    const pause = Math.min(pauseMs, Math.max(delivery.afterMs ?? 0, this.failures >= breakAfter ? pauseMs : 0));
    this.pausedUntil = Math.max(this.pausedUntil, this.setup.clock.now() + pause);
  }
}

type TriedOutcome = Exclude<DeliveryOutcome, { readonly kind: "held" | "suppressed" }>;

const MINUTE_MS = 60_000;

/** What becomes of a notification after its try number `attempts`. */
export function settle(
  delivery: Delivery,
  attempts: number,
  policy: DispatchPolicy,
  random: () => number,
): TriedOutcome {
  if (delivery.kind !== "retry") return delivery;
  if (attempts >= policy.maxAttempts) return { kind: "dead", error: `${delivery.error} (try ${attempts}, the last)` };
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempts - 1));
  const jittered = Math.floor(random() * ceiling);
  // The target's own wish is a lower bound, up to our longest wait.
  const wished = Math.min(delivery.afterMs ?? 0, policy.maxDelayMs);
  return { kind: "retry", afterMs: Math.max(jittered, wished), error: delivery.error };
}

interface Bell {
  readonly rung: Promise<void>;
  ring(): void;
}

function newBell(): Bell {
  let ring = () => {};
  const rung = new Promise<void>((resolve) => {
    ring = resolve;
  });
  return { rung, ring };
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
