import type { Onset } from "../../engine/signal.ts";
import type { Core } from "../statistics/calibrated.ts";
import type { Random } from "../statistics/random.ts";
import type { Segments } from "../statistics/segments.ts";
import type { Whitener } from "../statistics/whiten.ts";

export interface CalibratedKey {
  random: Random;
  /** Accepted events: the index of the next one. */
  events: number;
  core: Core | null;
  /** Where dependence is looked for and there is something to whiten; the core sees its residuals. */
  white: Whitener | null;
  /** What the reference shows beside its model (hidden.ts), and the events of a season that was not declared. */
  hints: number;
  hiddenPeriod: number;
  /**
   * While learning the reference so far; while an alarm is open what may become the next one. Where seasons are declared each
   * value is followed by its time.
   */
  values: Segments | null;
  /** First event since the evidence was cleared. */
  since: number;
  /** The statistic passed a tenth of the threshold and is not yet back. */
  warned: boolean;
  open: OpenAlarm | null;
  /** Time of the first event of the reference while it is learnt; where the promise is in days, the rate that it came at. */
  began: number | null;
  perDay: number | null;
  /** Events between false alarms to keep now, where keys share one promise: told with each event, not saved. */
  promise: number | null;
}

export interface OpenAlarm {
  /** Event that alarmed. */
  readonly index: number;
  readonly onset: Onset;
  /** Quiet events that end it. */
  readonly needed: number;
  /** Last event that was not quiet. */
  loud: number;
  /** How often the threshold was passed again. */
  again: number;
}
