import type { Onset } from "../../engine/signal.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import {
  addValue,
  bestSplit,
  type ChangePointModel,
  createChangePointModel,
  cutAfter,
  splitInterval,
  WINDOW,
} from "../statistics/change-point.ts";
import { changePointThreshold } from "../statistics/change-point-thresholds.ts";
import { ADWIN, adwin } from "../statistics/classic/adwin.ts";
import { type Classic, type ClassicState, DRIFT } from "../statistics/classic/classic.ts";
import { PAGE_HINKLEY, pageHinkley } from "../statistics/classic/page-hinkley.ts";
import type { Options } from "./options.ts";

/**
 * Another test than the default one on the same score.
 *   paper        mean similarity of each batch of 25 texts to its reconstruction, in a change-point model
 *   page-hinkley, adwin  on (score − mean)/sd of the reference's scores: no promise
 */
export type Scheme = PaperScheme | ClassicScheme;

export interface PaperScheme {
  readonly kind: "paper";
  readonly model: ChangePointModel;
  /** First event of each batch that the model holds. */
  readonly starts: number[];
  /** The batch under way. */
  size: number;
  sum: number;
  start: number;
}

export interface ClassicScheme {
  readonly kind: "classic";
  readonly state: ClassicState;
  readonly mean: number;
  readonly sd: number;
}

/** Texts whose mean similarity is one value of the series. */
export const BATCH = 25;

export function createScheme(options: Options, scores: { readonly mean: number; readonly sd: number }): Scheme | null {
  switch (options.scheme) {
    case "calibrated":
      return null;
    case "paper":
      return { kind: "paper", model: createChangePointModel(1), starts: [], size: 0, sum: 0, start: 0 };
    default:
      return { kind: "classic", state: classicOf(options).create(), ...scores };
  }
}

export interface Verdict {
  readonly statistic: number;
  readonly threshold: number;
}

/** One more text of the paper's scheme; a verdict when it completes a batch. */
export function addText(scheme: PaperScheme, score: number, index: number, promise: number): Verdict | null {
  if (scheme.size === 0) scheme.start = index;
  scheme.sum += 1 - score;
  scheme.size += 1;
  if (scheme.size < BATCH) return null;
  if (scheme.model.length === WINDOW) scheme.starts.shift();
  addValue(scheme.model, scheme.sum / BATCH);
  scheme.starts.push(scheme.start);
  scheme.size = 0;
  scheme.sum = 0;
  return {
    statistic: Math.max(0, bestSplit(scheme.model).statistic),
    threshold: changePointThreshold(scheme.model.length, promise / BATCH, 1, scheme.model.slides),
  };
}

/** Where the last alarm's change began. */
export function onsetOfScheme(scheme: PaperScheme): Onset {
  const { low, middle, high } = splitInterval(scheme.model);
  const at = (before: number): number => scheme.starts[Math.min(before, scheme.starts.length - 1)]!;
  return { index: at(middle), low: at(low), high: at(high) };
}

/** After an alarm the change leaves the series: what comes is compared with what was before it. */
export function forgetFrom(scheme: PaperScheme, index: number): void {
  const kept = scheme.starts.filter((start) => start < index).length;
  cutAfter(scheme.model, kept);
  scheme.starts.length = kept;
}

/** Whether the classic detector says drift after this score. */
export function addScore(scheme: ClassicScheme, score: number, options: Options): { drift: boolean; ratio: number } {
  const classic = classicOf(options);
  const drift = classic.update(scheme.state, (score - scheme.mean) / scheme.sd) === DRIFT;
  const ratio = classic.ratio(scheme.state);
  return { drift, ratio: drift ? Math.max(1, ratio) : Math.min(ratio, 0.999999) };
}

const classics = new WeakMap<Options, Classic>();

function classicOf(options: Options): Classic {
  let classic = classics.get(options);
  if (classic === undefined) {
    const { delta, threshold } = options.classic;
    classic =
      options.scheme === "adwin"
        ? adwin({ ...ADWIN, delta: delta ?? ADWIN.delta })
        : pageHinkley({
            ...PAGE_HINKLEY,
            delta: delta ?? PAGE_HINKLEY.delta,
            threshold: threshold ?? PAGE_HINKLEY.threshold,
          });
    classics.set(options, classic);
  }
  return classic;
}

export function saveScheme(scheme: Scheme | null, w: Writer): void {
  w.u8(scheme === null ? 0 : scheme.kind === "paper" ? 1 : 2);
  if (scheme === null) return;
  if (scheme.kind === "classic") {
    w.array(scheme.state.cells);
    w.f64(scheme.mean);
    w.f64(scheme.sd);
    return;
  }
  w.array(scheme.model.values.slice(0, scheme.model.length));
  w.u8(scheme.model.slides ? 1 : 0);
  w.array(Float64Array.from(scheme.starts));
  w.u32(scheme.size);
  w.f64(scheme.sum);
  w.f64(scheme.start);
}

export function loadScheme(r: Reader): Scheme | null {
  const kind = r.u8();
  if (kind === 0) return null;
  if (kind === 2) return { kind: "classic", state: { cells: r.f64s() }, mean: r.f64(), sd: r.f64() };
  // The sums of signs are whole numbers: made anew they are the same to the bit.
  const model = createChangePointModel(1, r.f64s());
  model.slides = r.u8() === 1;
  return { kind: "paper", model, starts: [...r.f64s()], size: r.u32(), sum: r.f64(), start: r.f64() };
}
