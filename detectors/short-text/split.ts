import { quantile } from "../statistics/normal.ts";
import { type Random, uniform } from "../statistics/random.ts";
import type { Learnt } from "./learning.ts";
import { IDLE_EVENTS } from "./sessions.ts";

export interface Turns {
  /** Whether session ids tell conversations apart. */
  readonly ids: boolean;
  /** One id on almost everything: no conversations. */
  readonly single: boolean;
  readonly count: number;
  /** Mean turns per session. */
  readonly turns: number;
}

/** Sessions of the reference; a text without an id is a session of its own. */
export function turnsOf(learnt: readonly Learnt[]): Turns {
  const ids = new Set<string>();
  let without = 0;
  for (const event of learnt) {
    if (event.session === null) without++;
    else ids.add(event.session);
  }
  const named = without < learnt.length / 2;
  const count = ids.size + without;
  const single = named && count < learnt.length / 100;
  return { ids: named && !single, single, count, turns: learnt.length / Math.max(1, count) };
}

const LEAST_IDLE = 20;

/** Events of others after which a session is over, told from the pauses within sessions: twice what all but 1 in 200 keep. */
export function idleEventsOf(learnt: readonly Learnt[]): number {
  const last = new Map<string, number>();
  const pauses: number[] = [];
  for (const { session, index } of learnt) {
    if (session === null) continue;
    const before = last.get(session);
    if (before !== undefined) pauses.push(index - before);
    last.set(session, index);
  }
  if (pauses.length < 200) return IDLE_EVENTS;
  return Math.min(IDLE_EVENTS, Math.max(LEAST_IDLE, 2 * quantile(Float64Array.from(pauses).sort(), 0.995)));
}

/** Puts a random ⅔ first (whole sessions where there are some), the calibration third last. */
export function orderForSplit(
  learnt: readonly Learnt[],
  bySession: boolean,
  random: Random,
): { readonly events: readonly Learnt[]; readonly rows: number } {
  const units = new Map<string, Learnt[]>();
  learnt.forEach((event, i) => {
    const name = bySession && event.session !== null ? `s${event.session}` : `i${i}`;
    const unit = units.get(name);
    if (unit === undefined) units.set(name, [event]);
    else unit.push(event);
  });
  const shuffled = [...units.values()];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const wanted = Math.ceil((learnt.length * 2) / 3);
  const first: Learnt[] = [];
  const last: Learnt[] = [];
  for (const unit of shuffled) (first.length < wanted ? first : last).push(...unit);
  // Calibration must have something, whatever the sizes of the sessions.
  while (last.length < learnt.length / 10) last.push(first.pop()!);
  return { events: [...first, ...last], rows: first.length };
}
