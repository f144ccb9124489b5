import type { Part } from "../../engine/detector.ts";
import type { Onset } from "../../engine/signal.ts";
import { createRandom, type Random } from "../statistics/random.ts";
import type { Inputs, Unknown } from "./inputs.ts";
import type { Learner } from "./learner.ts";
import { createWaiting, type Waiting } from "./waiting.ts";
import { createWarmUp, type FirstLabel, type WarmUp } from "./warm-up.ts";

/** One key. */
export interface State {
  readonly random: Random;
  /** Index of the next accepted event. */
  events: number;
  /** Events that taught it before its stream began: the first index is −past. */
  readonly past: number;
  readonly labels: Labels;
  readonly waiting: Waiting;
  /** Until the inputs are known. */
  warm: WarmUp | null;
  inputs: Inputs | null;
  readonly unknown: Unknown;
  /** Until there is something to predict. */
  first: FirstLabel[] | null;
  learner: Learner | null;
  open: OpenAlarm | null;
  /** A statistic passed a tenth of its threshold and is not yet back. */
  warned: boolean;
  /** For promises in days: time of the first event, and events per day. */
  began: number | null;
  perDay: number | null;
  /** A person asked for the recent past to be the new normal. */
  adapting: boolean;
}

export interface Labels {
  /** Accepted events with inputs. */
  inputs: number;
  /** Labels learnt; of these that came later than their inputs, and by how many events on average, fading. */
  learnt: number;
  late: number;
  delay: number;
}

export interface OpenAlarm {
  /** Event that alarmed first. */
  readonly index: number;
  readonly onset: Onset;
  readonly gap: boolean;
  readonly displacement: boolean;
  /** Learnt events at the onset, at the last alarm, and when it is explained again (0: it was). */
  readonly startedAt: number;
  last: number;
  explainAt: number;
  /** Weights before: the slow model's at the first alarm. */
  readonly before: Float64Array;
  /** Score before: accuracy or mean absolute error. */
  readonly score: number | null;
}

export const NO_PARTS: readonly Part[] = [];

export function createState(seed: number, key: string, past: number): State {
  return {
    random: createRandom(seed, key),
    events: -past,
    past,
    labels: { inputs: 0, learnt: 0, late: 0, delay: 0 },
    waiting: createWaiting(),
    warm: createWarmUp(),
    inputs: null,
    unknown: { names: new Map(), events: 0 },
    first: null,
    learner: null,
    open: null,
    warned: false,
    began: null,
    perDay: null,
    adapting: false,
  };
}
