/** Why an event was not accepted: a closed list. */
export const REASONS = [
  "not-json",
  "too-large",
  "too-deep",
  "missing-field",
  "wrong-type",
  "not-finite",
  "out-of-range",
  "wrong-dimension",
  "bad-key",
  "late",
  "tokenizer-mismatch",
  "schema",
] as const;

export type Reason = (typeof REASONS)[number];

export interface Rejection {
  readonly reason: Reason;
  /** What and where, one sentence. */
  readonly detail: string;
}

/** Beyond it squares overflow; no measurement lives there. */
export const MAX_MAGNITUDE = 1e100;
