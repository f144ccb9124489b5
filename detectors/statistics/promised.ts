import type { Settings } from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";

/** Between false alarms of each kind: events, or days of event time, which are events by each key's own rate. */
export type Promised = { readonly events: number } | { readonly days: number };

const DAY_MS = 86_400_000;
/** Fewer events cannot be promised: a key with so few a day keeps more than it was asked for. */
const LEAST = 100;

export function promisedBy({ promise, promiseDays }: Settings<unknown>, events: number): Promised {
  return promiseDays == null ? { events: promise ?? events } : { days: promiseDays };
}

export function isInDays(promised: Promised): promised is { readonly days: number } {
  return "days" in promised;
}

/** `perDay`: the key's rate, fixed when its reference was learnt. Null: it is not known yet. */
export function promisedEvents(promised: Promised, perDay: number | null): number | null {
  if (!isInDays(promised)) return promised.events;
  return perDay === null ? null : Math.max(LEAST, Math.round(promised.days * perDay));
}

export function eventsPerDay(events: number, from: number, to: number): number {
  return ((events - 1) * DAY_MS) / (to - from);
}

/** What people see of it. */
export function promiseFacts(promised: Promised, perDay: number | null): Record<string, unknown> {
  const events = promisedEvents(promised, perDay);
  return isInDays(promised) ? { events, days: promised.days, eventsPerDay: perDay && Math.round(perDay) } : { events };
}

/** A promise in days needs to know when events happened, and that time goes on while the reference is learnt. */
export function untimed(time: number | null, completes: boolean, began: number | null): Rejection | null {
  if (time === null) {
    return {
      reason: "missing-field",
      detail: "falseAlarms in days needs the time of each event; promise events instead.",
    };
  }
  if (!completes || began === null || time > began) return null;
  return {
    reason: "out-of-range",
    detail: "falseAlarms in days needs times that go on: this one is not after the first of the reference.",
  };
}
