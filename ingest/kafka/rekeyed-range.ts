import { type Applied, appliedBefore } from "../../engine/rekey.ts";
import type { RawRecord, Source } from "../../engine/source.ts";
import { createRangeSource, type RangeOptions } from "./range.ts";
import { fromRekeyed } from "./rekeyed.ts";

export interface RekeyedRangeOptions extends RangeOptions {
  /** The topic from which the records came. */
  readonly from: string;
  /** Hears of each record, as it came there, before it is delivered. */
  meet(record: RawRecord, partition: number): void;
  /** Hears of each that is left out: it was there before, or is a dead letter that was fed again. */
  passOver(record: RawRecord): void;
}

/**
 * A stretch of an internal topic as its lanes took it: each record as it came to the source, and once. Whether it was there
 * before is told by all that stand before it, so a partition is looked through from its first record on, and delivered from
 * the stretch's beginning on.
 */
export function createRekeyedRange(options: RekeyedRangeOptions): Source {
  const begins = new Map(options.ranges.map(({ partition, from }) => [partition, from]));
  const whole = createRangeSource({ ...options, ranges: options.ranges.map((range) => ({ ...range, from: 0 })) });
  return {
    ...whole,
    run(intake) {
      let applied: Applied = {};
      return whole.run({
        ...intake,
        claim(partition, identity) {
          applied = {};
          return intake.claim(partition, identity);
        },
        async deliver(id, { records, nextOffset }) {
          const begin = begins.get(id.partition)!;
          const fresh: RawRecord[] = [];
          for (const record of records) {
            const restored = fromRekeyed(record, options.from);
            const again = isAgain(restored, applied);
            if (record.offset < begin) continue;
            if (again) options.passOver(restored);
            else {
              options.meet(restored, id.partition);
              fresh.push(restored);
            }
          }
          if (nextOffset > begin) await intake.deliver(id, { records: fresh, nextOffset });
        },
        gap(id, from, to) {
          const begin = begins.get(id.partition)!;
          if (to > begin) intake.gap?.(id, Math.max(from, begin), to);
        },
      });
    },
  };
}

/** What others wrote there stood nowhere before. */
function isAgain({ origin }: RawRecord, applied: Applied): boolean {
  if (origin === undefined) return false;
  return origin.again !== undefined || appliedBefore(applied, origin);
}
