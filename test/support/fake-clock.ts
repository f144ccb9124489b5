import type { Clock } from "../../engine/clock.ts";

/** A clock that moves when it is told. */
export interface FakeClock extends Clock {
  /** Moves on in steps, and lets everything that waits do what it can after each. */
  pass(ms: number, stepMs?: number): Promise<void>;
}

export function createFakeClock(start = 0): FakeClock {
  let now = start;
  let sleepers: { readonly at: number; readonly resolve: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ at: now + ms, resolve })),
    async pass(ms, stepMs = ms) {
      await settle();
      for (let passed = 0; passed < ms; passed += stepMs) {
        now += Math.min(stepMs, ms - passed);
        const due = sleepers.filter((s) => s.at <= now);
        sleepers = sleepers.filter((s) => s.at > now);
        for (const s of due) s.resolve();
        await settle();
      }
    },
  };
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
