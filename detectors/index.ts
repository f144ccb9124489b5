import type { Detector } from "../engine/detector.ts";
import { contextDrift } from "./context-drift/context-drift.ts";
import { labelDrift } from "./label-drift/label-drift.ts";
import { liteRvfl } from "./lite-rvfl/lite-rvfl.ts";
import { numeric } from "./numeric/numeric.ts";
import { shortText } from "./short-text/short-text.ts";

/** Every detector; one line each. */
export const DETECTORS: readonly Detector[] = [contextDrift, labelDrift, liteRvfl, numeric, shortText];
