import { DETECTORS } from "../detectors/index.ts";
import { hash32 } from "../detectors/statistics/random.ts";
import type { Detector, Settings } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { MonitorConfig } from "./config/schema.ts";

export function detectorOf(monitor: MonitorConfig): Detector {
  return DETECTORS.find((d) => d.name === monitor.detector)!;
}

/** The monitor's configuration as its detector sees it; refuses what cannot go together. */
export function monitorSettings(name: string, monitor: MonitorConfig, where: string): Settings<unknown> {
  const detector = detectorOf(monitor);
  const settings: Settings<unknown> = {
    options: monitor.options,
    reference: monitor.reference ? { first: monitor.reference.first } : null,
    promise: monitor.falseAlarms?.events ?? null,
    promiseDays: monitor.falseAlarms?.days ?? null,
    seed: hash32(`${monitor.seed}\u0000${name}`),
  };
  const wrong = detector.check?.(settings) ?? null;
  if (wrong !== null)
    throw new TidegaugeError("CONFIG_INVALID", { where: `${where} monitors.${name}`, what: wrong, fix: "Correct it" });
  return settings;
}
