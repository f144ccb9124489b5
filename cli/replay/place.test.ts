import { expect, test } from "vitest";
import { readPlace } from "./place.ts";
import { planStretches } from "./plan.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("a place is a word, an offset, one for each partition, a time with its zone, or how long ago", () => {
  const read = (text: string) => readPlace("--from", text, NOW);
  expect(read("live")).toEqual({ kind: "live" });
  expect(read("1200")).toEqual({ kind: "offset", offset: 1200 });
  expect(read("0:5,11:70")).toEqual({
    kind: "offsets",
    offsets: new Map([
      [0, 5],
      [11, 70],
    ]),
  });
  expect(read("2026-03-01T13:00:00+02:00")).toEqual({ kind: "time", time: NOW - 3_600_000 });
  expect(read("2026-03-01")).toEqual({ kind: "time", time: NOW - 12 * 3_600_000 });
  expect(read("1.5h")).toEqual({ kind: "time", time: NOW - 5_400_000 });
  for (const wrong of ["yesterday", "2026-03-01T12:00:00", "2026-13-01", "-5", "0:5,", "3w", ""])
    expect(() => read(wrong), wrong).toThrow(/^--from .* is no place/);
});

test("a stretch ends where the partition does, says what is gone, and begins early enough to warm up", async () => {
  const extent = (partition: number, low: number, high: number) => ({
    partition,
    low,
    high,
    offsetAt: async (time: number) => Math.min(high, time),
  });
  const past = [{ topic: "t", partition: 0, identity: null, nextOffset: 900 }];
  const plan = (from: string, to: string, warmUp = 0) =>
    planStretches([extent(0, 100, 1000), extent(1, 0, 50)], past, {
      from: readPlace("--from", from, NOW),
      to: readPlace("--to", to, NOW),
      warmUp,
    });
  expect(await plan("20", "live")).toEqual([
    { partition: 0, begin: 100, from: 100, to: 900, live: 900, gone: { from: 20, to: 100 } },
    { partition: 1, begin: 20, from: 20, to: 50, live: null, gone: null },
  ]);
  expect(await plan("0:400", "5000", 50)).toEqual([
    { partition: 0, begin: 350, from: 400, to: 1000, live: 900, gone: null },
  ]);
  await expect(plan("2000", "latest")).rejects.toThrow(/partition 0 has 100 to 1000, partition 1 has 0 to 50/);
});
