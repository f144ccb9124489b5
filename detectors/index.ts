import type { Detector } from "../engine/detector.ts";
import { numeric } from "./numeric/numeric.ts";
import { shortText } from "./short-text/short-text.ts";

/** Every detector; one line each. */
export const DETECTORS: readonly Detector[] = [numeric, shortText];
