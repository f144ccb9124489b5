import type { Clock } from "./clock.ts";
import { digestOf, stormOver } from "./digest.ts";
import { isMuted, type MuteWindow } from "./mute.ts";
import type { DeliveryOutcome, DueNotification, Outbox } from "./outbox.ts";
import { SCHEMA_CHANGE } from "./refusals.ts";

/** When a channel keeps silent, and what it tells as one. Nothing named: everything is told at once, one by one. */
export interface ChannelPolicy {
  /** What comes up meanwhile waits for the end; what is over by then is not told. */
  readonly mute?: readonly MuteWindow[] | undefined;
  /** An alarm of the same key and kind is not told again within so long. */
  readonly cooldownMs?: number | undefined;
  readonly digest?: DigestPolicy | undefined;
  /** Deliveries; what is more waits. */
  readonly perMinute?: number | undefined;
}

export interface DigestPolicy {
  /** So many alarms of one monitor that wait together are told as one. */
  readonly from: number;
  /** Alarms wait so long for others. */
  readonly waitMs: number;
  /** After many were told as one, further ones are collected so long. */
  readonly windowMs: number;
}

/** Decides of one channel's notifications what is to be told now. */
export interface Triage {
  readonly policy: ChannelPolicy;
  /** May anything be taken? Folds what is to be told as one first. */
  open(): Promise<boolean>;
  /** What becomes of a notification instead of a delivery; null: deliver it. `folded`: it is done with already. */
  judge(
    notification: DueNotification,
  ): Promise<Extract<DeliveryOutcome, { kind: "held" | "suppressed" }> | Folded | null>;
}

interface Folded {
  readonly kind: "folded";
}

/** Each partition finds the same change of schema for itself: the first is told. */
const ONE_CHANGE_MS = 15 * 60_000;
const OVER = "over before the channel's mute window ended";

export function createTriage(channel: string, policy: ChannelPolicy, outbox: Outbox, clock: Clock): Triage {
  const { mute = [], cooldownMs, digest } = policy;
  const quiet = mute.length > 0 || cooldownMs !== undefined;

  const judgeOpening = async (n: DueNotification, monitor: string) => {
    const age = clock.now() - n.createdAt;
    // Tried before: it was decided then.
    if (n.attempts > 1) return null;
    const holdMs = n.about?.kind === SCHEMA_CHANGE.kind ? Math.max(cooldownMs ?? 0, ONE_CHANGE_MS) : cooldownMs;
    if (holdMs !== undefined && (await outbox.precededWithin(n.id, holdMs))) {
      return { kind: "suppressed", error: "the same was told within the cooldown" } as const;
    }
    if (digest === undefined) return null;
    if (age < digest.waitMs) return { kind: "held", afterMs: digest.waitMs - age } as const;
    const ago = await outbox.foldedAgo(channel, monitor);
    if (ago !== null && ago < digest.windowMs) return { kind: "held", afterMs: digest.windowMs - ago } as const;
    return null;
  };

  const judgeSequel = async (n: DueNotification, episode: string) => {
    const opening = await outbox.openingOf(channel, episode);
    if (opening?.state === "suppressed") {
      return { kind: "suppressed", error: "its beginning was not told" } as const;
    }
    if (opening?.state !== "folded" || opening.foldedInto === null) return null;
    if (n.phase !== "resolved") {
      return { kind: "suppressed", error: "its beginning was told with others" } as const;
    }
    const { members, ended } = await outbox.foldEnd(n.id, opening.foldedInto);
    if (ended >= members) {
      const one = await outbox.notification(opening.foldedInto);
      if (one !== null) await outbox.enqueue(stormOver(one, members, n));
    }
    return { kind: "folded" } as const;
  };

  return {
    policy,
    async open() {
      if (isMuted(mute, clock.now())) return false;
      if (mute.length > 0) await outbox.cancelPairs(channel, OVER);
      if (digest !== undefined) {
        for (const monitor of await outbox.crowded(channel, digest.from, digest.waitMs)) {
          const ago = await outbox.foldedAgo(channel, monitor);
          if (ago === null || ago >= digest.windowMs) await outbox.fold(channel, monitor, digestOf);
        }
      }
      return true;
    },
    async judge(n) {
      if (n.about === null || n.about.key === null) return null;
      if (n.phase === "opened") return judgeOpening(n, n.about.monitor);
      return n.episode !== null && (quiet || digest !== undefined || n.about.kind === SCHEMA_CHANGE.kind)
        ? judgeSequel(n, n.episode)
        : null;
    },
  };
}
