import type { Detector } from "../engine/detector.ts";
import { numeric } from "./numeric/numeric.ts";

/** Every detector; one line each. */
export const DETECTORS: readonly Detector[] = [numeric];
