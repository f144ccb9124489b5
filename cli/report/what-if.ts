import type { Episode } from "../../engine/store.ts";
import type { WhatIf, WhatIfRow } from "./data.ts";
import { LEVELS, OWN } from "./excursions.ts";
import type { Recording } from "./recording.ts";

/** A change that the run told: accepted events of its key. */
interface Told {
  readonly began: number;
  readonly low: number;
  readonly end: number;
}

/**
 * Holds what each line would have said against what the run said. Up to the monitor's own line that is told by the run
 * itself (`own`), above it by one whose line was out of reach (`far`), for there no alarm let the evidence begin anew.
 */
export function whatIf(own: Recording, far: Recording | null, episodes: readonly Episode[]): WhatIf {
  const told = new Map<string, Told[]>();
  for (const episode of episodes) {
    const { key, onset, opened, closed } = episode;
    const change = {
      began: onset?.index ?? opened.index,
      low: Math.min(onset?.low ?? opened.index, opened.index),
      end: closed?.index ?? Number.POSITIVE_INFINITY,
    };
    told.set(key, [...(told.get(key) ?? []), change]);
  }
  const rows: WhatIfRow[] = [];
  for (let level = 0; level < LEVELS.length; level++) {
    const recording = level <= OWN ? own : far;
    if (recording === null) break;
    let [alarms, found, further] = [0, 0, 0];
    const delays: number[] = [];
    for (const [key, { excursions }] of recording.keys) {
      const raised = excursions.began[level]!;
      const changes = told.get(key) ?? [];
      alarms += raised.length;
      further += raised.filter((one) => !changes.some((change) => isWithin(one, change))).length;
      for (const change of changes) {
        const first = raised.find((one) => isWithin(one, change));
        if (first === undefined) continue;
        found++;
        delays.push(Math.max(0, first - change.began));
      }
    }
    rows.push({ level: LEVELS[level]!, alarms, found, further, delay: quantiles(delays) });
  }
  return { episodes: episodes.length, rows, beyond: far !== null };
}

/** One that was raised before the change may have begun told something else. */
function isWithin(event: number, { low, end }: Told): boolean {
  return event >= low && event <= end;
}

function quantiles(delays: number[]): WhatIfRow["delay"] {
  if (delays.length === 0) return null;
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(delays.length - 1, Math.ceil(share * delays.length) - 1)]!;
  return { median: at(0.5), late: at(0.9) };
}
