/** How good the turns are: exponential means over 500 events. */
export interface Quality {
  /** Mean q_K of positions; null before the first. */
  coverage: number | null;
  /** Share of positions whose lists have no token in common. */
  disjoint: number;
  /** Turns that never came, per turn that did. */
  missing: number;
  /** Conversations that were closed for want of room, per turn. */
  crowded: number;
  turns: number;
  /** Conversations that were closed for want of room. */
  evicted: number;
  /** Marked reminders while this key asks for reminders itself, and the share that it had not asked for (over the last 100). */
  reminders: number;
  unasked: number;
}

const MEMORY = 500;
/** Nothing is said before. */
const ENOUGH = 50;
export const LEAST_COVERAGE = 0.8;
const MOST_MISSING = 0.05;
const MOST_DISJOINT = 0.2;
const MOST_CROWDED = 0.005;
const MOST_UNASKED = 0.1;
const REMINDER_MEMORY = 100;
/** Marked reminders before something is said of them. */
const ENOUGH_REMINDERS = 20;
/** An alarm ends when a number is so much better than its line. */
const BETTER = 0.9;

export function createQuality(): Quality {
  return { coverage: null, disjoint: 0, missing: 0, crowded: 0, turns: 0, evicted: 0, reminders: 0, unasked: 0 };
}

export function observeQuality(
  q: Quality,
  turn: { readonly coverage: number | null; readonly disjoint: number; readonly missing: number },
  evicted: number,
): void {
  q.turns++;
  const by = 1 / Math.min(q.turns, MEMORY);
  if (turn.coverage !== null) {
    q.coverage = q.coverage === null ? turn.coverage : q.coverage + (turn.coverage - q.coverage) * by;
    q.disjoint += (turn.disjoint - q.disjoint) * by;
  }
  q.missing += (Math.min(1, turn.missing) - q.missing) * by;
  q.crowded += (Math.min(1, evicted) - q.crowded) * by;
  q.evicted += evicted;
}

/** A turn was marked as reminded; `asked`: by this key, a short while ago. */
export function observeReminder(q: Quality, asked: boolean): void {
  q.reminders++;
  q.unasked += ((asked ? 0 : 1) - q.unasked) / Math.min(q.reminders, REMINDER_MEMORY);
}

export interface Complaint {
  readonly reason:
    | "low-coverage"
    | "tokenizer-mismatch"
    | "missing-turns"
    | "too-many-conversations"
    | "unasked-reminders";
  readonly value: number;
  readonly line: number;
  readonly advice: string;
}

/** What is wrong now; with `open` what is not yet right again. Strongest first. */
export function complaintsOf(q: Quality, open: boolean): Complaint[] {
  if (q.turns < ENOUGH) return [];
  const margin = open ? BETTER : 1;
  const found: Complaint[] = [];
  const over = (reason: Complaint["reason"], value: number, line: number, advice: string): void => {
    if (value > line * margin) found.push({ reason, value, line, advice });
  };
  if (q.coverage !== null) {
    over("tokenizer-mismatch", q.disjoint, MOST_DISJOINT, "Check that both models share their tokenizer.");
    const uncovered = 1 - q.coverage;
    if (uncovered > (1 - LEAST_COVERAGE) * margin) {
      const advice = "Ask for longer lists (top 20): the divergence is a lower bound and misses the rest.";
      found.push({ reason: "low-coverage", value: q.coverage, line: LEAST_COVERAGE, advice });
    }
  }
  over(
    "missing-turns",
    q.missing,
    MOST_MISSING,
    "Turns of conversations do not arrive, or are not numbered one by one.",
  );
  const room = "Raise openConversations, or end conversations with end: true.";
  over("too-many-conversations", q.crowded, MOST_CROWDED, room);
  if (q.reminders >= ENOUGH_REMINDERS) {
    const advice =
      "Turns are marked as reminded that were not asked for, in held out conversations too: another system reminds. " +
      "The contrast with the holdouts is biased until only one does.";
    over("unasked-reminders", q.unasked, MOST_UNASKED, advice);
  }
  return found;
}
