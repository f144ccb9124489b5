import type { Detector } from "../engine/detector.ts";

/** Every detector; one line each. */
export const DETECTORS: readonly Detector[] = [];
