import type { Tensors } from "../../engine/tensors.ts";
import { eventsPerDay, isInDays, type Promised } from "../statistics/promised.ts";
import type { Random } from "../statistics/random.ts";
import { learnReference } from "./fit.ts";
import type { Learning, Learnt } from "./learning.ts";
import type { Options } from "./options.ts";
import { adoptReference, type ReferenceData, type References, type Source } from "./reference.ts";
import { expireSessions, openSession, type Sessions } from "./sessions.ts";
import { createWatch, type Watch } from "./watch.ts";

/** Different texts without which nothing can be learnt; fewer among the first R, and learning goes on. */
export const LEAST_TEXTS = 50;

export interface LearnContext {
  readonly references: References;
  readonly tensors: Tensors;
  readonly options: Options;
  readonly promised: Promised;
  readonly wanted: number;
}

/** The watch that begins after event `index`, when enough was seen. */
export function finishLearning(
  learning: Learning,
  source: Source,
  { index, time }: { readonly index: number; readonly time: number | null },
  random: Random,
  context: LearnContext,
): Watch | null | Promise<Watch> {
  const { options, references, tensors, promised } = context;
  if (learning.seen < context.wanted || learning.kept.length < LEAST_TEXTS) return null;
  const begin = (learnt: ReferenceData): Watch => {
    const data = isInDays(promised)
      ? { ...learnt, facts: { ...learnt.facts, perDay: eventsPerDay(learning.seen, learning.kept[0]!.time!, time!) } }
      : learnt;
    const watch = createWatch(adoptReference(data, references, tensors), index + 1, promised, options);
    if (data.facts.sessions === "ids") knowSessions(watch, learning.kept, options);
    return watch;
  };
  const learnt = learnReference(learning.kept, source, options, tensors, random);
  return learnt instanceof Promise ? learnt.then(begin) : begin(learnt);
}

/** Sessions of the reference say nothing new when they go on after it. */
function knowSessions(watch: Watch, learnt: readonly Learnt[], options: Options): void {
  const sessions: Sessions = watch.sessions;
  for (const event of learnt) {
    if (event.session === null) continue;
    const id = `s${event.session}`;
    const session = sessions.get(id) ?? openSession(watch.nextSession++, event.index, event.time);
    session.lastIndex = event.index;
    session.lastTime = event.time;
    sessions.delete(id);
    sessions.set(id, session);
  }
  const last = learnt.at(-1)!;
  expireSessions(sessions, last, { gapMs: options.sessionGap * 60_000, most: options.sessionsOpen });
}
