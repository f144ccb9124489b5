import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../engine/log.ts";
import { createRecordingIntake } from "../../test/support/recording-intake.ts";
import type { PartitionFeed } from "./partition-feed.ts";
import type { Cluster } from "./port.ts";
import type { Session } from "./session.ts";
import { watchProgress } from "./watchdog.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Failures that the watchdog caused within so long, of a partition in this condition. */
async function failuresOf(
  state: ReturnType<PartitionFeed["state"]>,
  idle: boolean,
  high: number,
  ms = 45_000,
): Promise<number> {
  const feed = { state: () => state, progress: () => ({ expected: 5, idle }) } as PartitionFeed;
  let failures = 0;
  const session = { feeds: () => new Map([["t[0]", feed]]), fail: () => void failures++ } as unknown as Session;
  const cluster = { bounds: async () => ({ low: 0, high }) } as unknown as Cluster;
  const end = watchProgress(session, cluster, createRecordingIntake(), silentLog);
  await vi.advanceTimersByTimeAsync(ms);
  end();
  return failures;
}

test("a partition that has records and does not move ends the session; one at its end, busy or halted does not", async () => {
  expect(await failuresOf("running", true, 9)).toBe(1);
  expect(await failuresOf("running", true, 5)).toBe(0);
  expect(await failuresOf("running", false, 9)).toBe(0);
  expect(await failuresOf("halted", true, 9)).toBe(0);
});

test("a fenced partition that stays ours is joined for anew: it would stand still for ever", async () => {
  expect(await failuresOf("fenced", true, 5)).toBe(1);
});

test("a partition that was given up for a gathering of the group that does not end is joined for anew, not sooner", async () => {
  expect(await failuresOf("ended", true, 5, 85_000)).toBe(0);
  expect(await failuresOf("ended", true, 5, 95_000)).toBe(1);
});
