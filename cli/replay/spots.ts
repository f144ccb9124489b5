import type { Position } from "../../engine/signal.ts";
import type { RawRecord } from "../../engine/source.ts";

/** An offset in what is read. */
export interface Spot {
  readonly partition: number;
  readonly offset: number;
}

/** Where in what is read the records stand that signals are about. */
export interface Spots {
  /** Null: nowhere. Undefined: its record was not met, and may come. */
  of(position: Position): Spot | null | undefined;
  /** `found` hears where its record stands, before that is judged; never, where it does not come. */
  expect(position: Position, found: (spot: Spot) => void): void;
  /** A signal of the run that reads. */
  hear(position: Position, spot: Spot): void;
}

/** Signals name what is read. */
export function spotsIn(topic: string): Spots {
  const of = (position: Position): Spot | null =>
    position.topic === topic ? { partition: position.partition, offset: Number(position.offset) } : null;
  return {
    of,
    expect(position, found) {
      const spot = of(position);
      if (spot !== null) found(spot);
    },
    hear: () => undefined,
  };
}

export interface SpotsThrough extends Spots {
  /** A record of the internal topic, as it came to the source. */
  meet(record: RawRecord, partition: number): void;
}

/** Signals name the source, and what is read is the internal topic through which its events are keyed anew. */
export function spotsThrough(internal: string, source: string): SpotsThrough {
  // Those about many records that were refused together name it.
  const own = spotsIn(internal);
  const expected = new Map<string, ((spot: Spot) => void)[]>();
  const known = new Map<string, Spot>();
  return {
    of: (position) => (position.topic === source ? known.get(nameOf(position)) : own.of(position)),
    expect(position, found) {
      if (position.topic !== source) return own.expect(position, found);
      const name = nameOf(position);
      expected.set(name, [...(expected.get(name) ?? []), found]);
    },
    meet({ origin, offset }, partition) {
      if (expected.size === 0 || origin === undefined) return;
      const waiting = expected.get(nameOf(origin));
      if (waiting === undefined) return;
      const spot = { partition, offset };
      known.set(nameOf(origin), spot);
      for (const found of waiting) found(spot);
    },
    hear(position, spot) {
      if (position.topic === source) known.set(nameOf(position), spot);
    },
  };
}

function nameOf({ partition, offset }: { readonly partition: number; readonly offset: number | string }): string {
  return `${partition}@${offset}`;
}
