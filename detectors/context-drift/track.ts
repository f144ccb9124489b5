/** What is kept of a conversation's turns, oldest first: the newest KEPT of them. */
export interface Track {
  /** Turn numbers, ascending. */
  readonly turns: number[];
  /** Divergences, float32. */
  readonly values: number[];
  /** Bits below, one number a turn. */
  readonly marks: number[];
  /** Turns seen in all. */
  seen: number;
  /** It was flagged: no example of what is normal. */
  strange: boolean;
}

export const KEPT = 64;

/** The event said so. */
export const REMINDER = 1;
export const HOLDOUT = 2;
/** A reminder was due here and was withheld by us: it counts as a holdout of the next turn. */
export const WITHHELD = 4;
/** Too few tokens to say something about this conversation. */
export const THIN = 8;

export function createTrack(): Track {
  return { turns: [], values: [], marks: [], seen: 0, strange: false };
}

export function pushTurn(track: Track, turn: number, value: number, marks: number): void {
  track.turns.push(turn);
  track.values.push(Math.fround(value));
  track.marks.push(marks);
  track.seen++;
  if (track.turns.length <= KEPT) return;
  track.turns.shift();
  track.values.shift();
  track.marks.shift();
}

/** Turns at the beginning that a fit leaves out, where the beginning is still kept. */
export function skipped(track: Track, transient: number): number {
  return Math.max(0, Math.min(track.turns.length, transient - (track.seen - track.turns.length)));
}

/** How long after the mark an intervention acts: on the turn itself, or on the next. */
export type Lag = 0 | 1;

/** Whether an intervention acts on turn i (its place in the track), and of which kind. */
export function actsOn(track: Track, i: number, lag: Lag): "reminder" | "holdout" | null {
  const said = i >= lag ? track.marks[i - lag]! : 0;
  if (said & REMINDER) return "reminder";
  if (said & HOLDOUT || (i > 0 && track.marks[i - 1]! & WITHHELD)) return "holdout";
  return null;
}
