import { describe } from "vitest";
import { DETECTORS } from "../../detectors/index.ts";
import { detectorLaws, teachingLaws } from "./detector-laws.ts";

describe.each(DETECTORS.map((d) => [d.name, d] as const))("%s", (_, detector) => {
  detectorLaws(detector);
  if (detector.example.reference !== undefined) teachingLaws(detector, detector.example.reference.first);
});
