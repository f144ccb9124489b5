import { adwin } from "../statistics/classic/adwin.ts";
import type { Classic } from "../statistics/classic/classic.ts";
import { ddm } from "../statistics/classic/ddm.ts";
import { eddm } from "../statistics/classic/eddm.ts";
import { hddmA } from "../statistics/classic/hddm-a.ts";
import { hddmW } from "../statistics/classic/hddm-w.ts";
import { kswin } from "../statistics/classic/kswin.ts";
import { pageHinkley } from "../statistics/classic/page-hinkley.ts";
import type { NumericOptions } from "./options.ts";

export type ClassicOptions = Exclude<NumericOptions, { algorithm: "calibrated" }>;

/** The classic detector that the options ask for. */
export function classicOf(o: ClassicOptions): Classic {
  switch (o.algorithm) {
    case "adwin":
      return adwin({
        delta: o.delta,
        clock: o.clock,
        maxBuckets: o["max-buckets"],
        minWindowLength: o["min-window-length"],
        gracePeriod: o["grace-period"],
      });
    case "page-hinkley":
      return pageHinkley({
        minInstances: o["min-instances"],
        delta: o.delta,
        threshold: o.threshold,
        alpha: o.alpha,
        mode: o.mode,
      });
    case "kswin":
      return kswin({ alpha: o.alpha, windowSize: o["window-size"], statSize: o["stat-size"] });
    case "ddm":
      return ddm({
        warmStart: o["warm-start"],
        warningThreshold: o["warning-threshold"],
        driftThreshold: o["drift-threshold"],
      });
    case "eddm":
      return eddm({ warmStart: o["warm-start"], alpha: o.alpha, beta: o.beta });
    case "hddm-a":
      return hddmA({
        driftConfidence: o["drift-confidence"],
        warningConfidence: o["warning-confidence"],
        twoSidedTest: o["two-sided-test"],
      });
    case "hddm-w":
      return hddmW({
        driftConfidence: o["drift-confidence"],
        warningConfidence: o["warning-confidence"],
        lambdaVal: o["lambda-val"],
        twoSidedTest: o["two-sided-test"],
      });
  }
}
