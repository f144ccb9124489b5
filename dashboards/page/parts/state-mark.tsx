export type Status = "learning" | "steady" | "warning" | "drifting";

const SHAPES: Record<Status, string> = { steady: "●", warning: "▲", drifting: "■", learning: "◌" };

/** What needs a look comes first. */
export const URGENCY: Record<Status, number> = { drifting: 0, warning: 1, learning: 2, steady: 3 };

/** State as shape and word; the colour only repeats them. */
export function StateMark({ status, word = status }: { status: Status; word?: string }) {
  return (
    <span class={`state is-${status}`}>
      <Shape status={status} />
      {word}
    </span>
  );
}

/** Drawn, not typed: the glyphs differ in size from font to font. */
export function Shape({ status }: { status: Status }) {
  return (
    <svg
      class={`shape is-${status}`}
      viewBox="0 0 12 12"
      width="11"
      height="11"
      aria-hidden="true"
      data-glyph={SHAPES[status]}
    >
      {status === "steady" && <circle cx="6" cy="6" r="5" />}
      {status === "warning" && <path d="M6 0.8 11.6 11H0.4Z" />}
      {status === "drifting" && <rect x="1" y="1" width="10" height="10" rx="1" />}
      {status === "learning" && <circle cx="6" cy="6" r="4.5" class="ring" />}
    </svg>
  );
}
