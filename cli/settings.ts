import { DETECTORS } from "../detectors/index.ts";
import { hash32 } from "../detectors/statistics/random.ts";
import type { Detector, Settings } from "../engine/detector.ts";
import { TidegaugeError } from "../engine/errors.ts";
import type { SharedPromise } from "../engine/shared-promise.ts";
import type { MonitorConfig } from "./config/schema.ts";

export function detectorOf(monitor: MonitorConfig): Detector {
  return DETECTORS.find((d) => d.name === monitor.detector)!;
}

/** The monitor's configuration as its detector sees it; refuses what cannot go together. */
export function monitorSettings(name: string, monitor: MonitorConfig, where: string): Settings<unknown> {
  const detector = detectorOf(monitor);
  const shared = sharedPromise(monitor, () => 1);
  const discoveries = shared?.kind === "discoveries" ? shared : null;
  const settings: Settings<unknown> = {
    options: monitor.options,
    reference: monitor.reference ? { first: monitor.reference.first } : null,
    promise: discoveries ? discoveries.events / discoveries.rate : (monitor.falseAlarms?.events ?? null),
    ...(shared === null ? {} : { shared: true }),
    promiseDays: monitor.falseAlarms?.days ?? null,
    seed: hash32(`${monitor.seed}\u0000${name}`),
  };
  const alone = shared !== null && detector.sharesPromise !== true;
  const { repartition } = monitor;
  const stages = typeof repartition === "object" && repartition.stages === 2 ? detector.stages : undefined;
  const wrong = alone
    ? wrongShare(detector, discoveries !== null)
    : (detector.check?.(settings) ?? stages?.check?.(settings) ?? null);
  if (wrong !== null)
    throw new TidegaugeError("CONFIG_INVALID", { where: `${where} monitors.${name}`, what: wrong, fix: "Correct it" });
  return settings;
}

function wrongShare({ name, sharesPromise }: Detector, discoveries: boolean): string {
  const why = typeof sharesPromise === "string" ? ` (${sharesPromise})` : "";
  const word = discoveries ? "falseDiscoveries" : "per: monitor with days";
  return `${name} keeps a promise for each key${why}: take out ${word}, or promise \`falseAlarms: { events: …, per: monitor }\``;
}

/**
 * One promise over all keys, where that needs more than each key keeping the same: in events it does not, for a key that
 * alarms falsely once in N of its own events adds its share to once in N events of all.
 */
export function sharedPromise(monitor: MonitorConfig, lanes: () => number): SharedPromise | null {
  const { falseAlarms, falseDiscoveries } = monitor;
  if (falseDiscoveries) {
    // Each kind of alarm is a test of its own.
    const kinds = detectorOf(monitor).signals.filter((signal) => signal.episode === "opens").length;
    return { kind: "discoveries", rate: falseDiscoveries.rate / kinds, events: falseDiscoveries.events };
  }
  if (falseAlarms?.per !== "monitor" || falseAlarms.days === undefined) return null;
  return { kind: "days", days: falseAlarms.days, lanes };
}
