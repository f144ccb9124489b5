import type { Watch } from "../../engine/monitor.ts";

/** How the past that a key's state carries in the replay stands to that of the live run. */
export type History = "same" | "other" | "unknown";

/** What a replay must see of its events to know from where on it can be compared. */
export interface Histories {
  readonly watch: Watch;
  /** The live run said something of the key at this offset, as of its event `index`. Before that is watched. */
  expect(key: string, index: number, offset: number): void;
  /** By the number of accepted events behind the key at each live signal. */
  of(key: string): History;
  /** Events that the live run had seen of the key and the replay had not, at its first live signal; negative: the reverse. */
  missing(key: string): number;
  /** Offset of the key's first event at which the replay had anything to say for or against a change; null: there was none. */
  speaksFrom(key: string): number | null;
}

export function watchHistories(): Histories {
  const wanted = new Map<number, Map<string, number>>();
  const speaks = new Map<string, number>();
  const found = new Map<string, { readonly missing: number; same: boolean }>();
  return {
    expect(key, index, offset) {
      if (!wanted.has(offset)) wanted.set(offset, new Map());
      wanted.get(offset)!.set(key, index);
    },
    watch(key, index, _time, ratio, offset) {
      // It is 0 while a key learns, and above it once evidence is counted.
      if (ratio > 0 && !speaks.has(key)) speaks.set(key, offset);
      const live = wanted.get(offset)?.get(key);
      if (live === undefined) return;
      const known = found.get(key);
      if (known === undefined) found.set(key, { missing: live - index, same: live === index });
      else known.same &&= live === index;
    },
    of(key) {
      const known = found.get(key);
      return known === undefined ? "unknown" : known.same ? "same" : "other";
    },
    missing: (key) => found.get(key)?.missing ?? 0,
    speaksFrom: (key) => speaks.get(key) ?? null,
  };
}
