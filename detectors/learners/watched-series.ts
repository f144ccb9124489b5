import type { Detector } from "../../engine/detector.ts";
import type { Rejection } from "../../engine/rejection.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import { createItems, endItem, loadItems, type OpenItems, peekItem, putItem, saveItems } from "./open-items.ts";
import { type WatchedNumber, type WatchedState, watchedNumber } from "./watched-number.ts";

/** Events that belong to a series (a conversation, a chain); `end` is its last one. */
interface Step {
  readonly end?: boolean | undefined;
}

export interface WatchedOwn<Series> {
  readonly open: OpenItems<Series>;
  /** Sums over all series, by the step within them. */
  readonly sums: Float64Array;
}

/** A detector whose events belong to series, each of which gives one number when it is over: ended, silent, or without room. */
export interface WatchedSeries<Event extends Step, Series>
  extends Omit<WatchedNumber<Event, WatchedOwn<Series>>, "start" | "take" | "tell" | "save" | "load" | "bits"> {
  /** Length of the sums over all series. */
  readonly sums: number;
  seriesOf(event: Event): string | number;
  /** The series with this event, new or as it was; must change nothing when it rejects. */
  grow(known: Series | null, event: Event, sums: Float64Array): Series | Rejection;
  /** What a series that is over comes to; null: too short to tell. */
  numberOf(series: Series): number | null;
  tell(sums: Float64Array): ReturnType<WatchedNumber<Event, unknown>["tell"]>;
  saveOne(series: Series, w: Writer): void;
  /** `version` of the snapshot: this one or an older. */
  loadOne(r: Reader, version: number): Series;
}

export function watchedSeries<Event extends Step, Series extends object>(
  w: WatchedSeries<Event, Series>,
): Detector<Event, { readonly dependence: "none" | "auto" }, WatchedState<WatchedOwn<Series>>> {
  return watchedNumber<Event, WatchedOwn<Series>>({
    ...w,
    bits: false,
    start: () => ({ open: createItems(), sums: new Float64Array(w.sums) }),
    take({ open, sums }, event, time) {
      const name = String(w.seriesOf(event));
      const grown = w.grow(peekItem(open, name, time), event, sums);
      if ("reason" in grown) return grown;
      const over = putItem(open, name, grown, time);
      if (event.end === true) {
        endItem(open, name);
        over.push(grown);
      }
      return over.flatMap((each) => w.numberOf(each) ?? []);
    },
    tell: ({ sums }) => w.tell(sums),
    save({ open, sums }, out) {
      out.array(sums);
      saveItems(open, out, (each) => w.saveOne(each, out));
    },
    load(r, version) {
      const sums = r.f64s();
      return { sums, open: loadItems(r, () => w.loadOne(r, version)) };
    },
  });
}

/** An event whose number is not above the last one's of its series. */
export function lateStep(what: string, number: number, last: number): Rejection {
  return { reason: "late", detail: `${what} ${number} of its series comes after ${what.toLowerCase()} ${last}.` };
}
