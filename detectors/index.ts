import type { Detector } from "../engine/detector.ts";
import { contextDrift } from "./context-drift/context-drift.ts";
import { dissatisfaction } from "./dissatisfaction/dissatisfaction.ts";
import { instructionStability } from "./instruction-stability/instruction-stability.ts";
import { labelDrift } from "./label-drift/label-drift.ts";
import { liteRvfl } from "./lite-rvfl/lite-rvfl.ts";
import { lookbackRatio } from "./lookback-ratio/lookback-ratio.ts";
import { numeric } from "./numeric/numeric.ts";
import { semanticCycles } from "./semantic-cycles/semantic-cycles.ts";
import { shortText } from "./short-text/short-text.ts";

/** Every detector; one line each. */
export const DETECTORS: readonly Detector[] = [
  contextDrift,
  dissatisfaction,
  instructionStability,
  labelDrift,
  liteRvfl,
  lookbackRatio,
  numeric,
  semanticCycles,
  shortText,
];
