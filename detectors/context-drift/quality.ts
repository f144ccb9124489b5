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
  /** Turns since the last one was closed for want of room, and so many of them. */
  evicted: number;
}

const MEMORY = 500;
/** Nothing is said before. */
const ENOUGH = 50;
export const LEAST_COVERAGE = 0.8;
const MOST_MISSING = 0.05;
const MOST_DISJOINT = 0.2;
const MOST_CROWDED = 0.005;
/** An alarm ends when a number is so much better than its line. */
const BETTER = 0.9;

export function createQuality(): Quality {
  return { coverage: null, disjoint: 0, missing: 0, crowded: 0, turns: 0, evicted: 0 };
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

export interface Complaint {
  readonly reason: "low-coverage" | "tokenizer-mismatch" | "missing-turns" | "too-many-conversations";
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
  return found;
}
