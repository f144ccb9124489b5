import type { LiveKey, MonitorView } from "../../engine/service-view.ts";

export interface KeySelection {
  readonly shown: readonly LiveKey[];
  /** How many more are live, and the one of them with the highest ratio. */
  readonly folded: number;
  readonly worst: LiveKey | null;
  /** Of the folded ones any. */
  readonly driftActive: boolean;
}

/**
 * Which keys have series of their own. Who has one keeps it while it is live, so that series do not come and go; free
 * places go to drifting keys first. Keys without events for `idleMs` of wall clock leave.
 */
export function createKeyBudget(
  budget: number,
  idleMs: number,
): (views: readonly MonitorView[], now: number) => readonly KeySelection[] {
  let held = new Map<string, ReadonlySet<string>>();
  return (views, now) => {
    const found = views.map((view) => sortOut(view, held.get(view.name) ?? NONE, now - idleMs));
    let free = budget;
    for (const { kept } of found) free -= kept.length;
    const selections = found.map(({ kept, others }) => {
      const waiting = others.sort((a, b) => Number(b.driftActive) - Number(a.driftActive));
      const shown = [...kept, ...waiting.splice(0, Math.max(0, free))];
      free -= shown.length - kept.length;
      return select(shown, waiting);
    });
    held = new Map(views.map((view, i) => [view.name, new Set(selections[i]!.shown.map((k) => k.key))]));
    return selections;
  };
}

const NONE: ReadonlySet<string> = new Set();

function sortOut(view: MonitorView, held: ReadonlySet<string>, since: number) {
  const kept: LiveKey[] = [];
  const others: LiveKey[] = [];
  for (const key of view.keys()) {
    if (key.touchedAt >= since) (held.has(key.key) ? kept : others).push(key);
  }
  return { kept, others };
}

function select(shown: readonly LiveKey[], folded: readonly LiveKey[]): KeySelection {
  let worst: LiveKey | null = null;
  let driftActive = false;
  for (const key of folded) {
    if (worst === null || key.ratio > worst.ratio) worst = key;
    if (key.driftActive) driftActive = true;
  }
  return { shown, folded: folded.length, worst, driftActive };
}
