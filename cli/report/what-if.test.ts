import { expect, test } from "vitest";
import type { Episode } from "../../engine/store.ts";
import { LEVELS, quietLines } from "./excursions.ts";
import { createRecording } from "./recording.ts";
import { whatIf } from "./what-if.ts";

const PROMISE = 1e6;

/** Quiet at 0.01 but for peaks of (index, height). */
function record(length: number, peaks: readonly (readonly [number, number])[]) {
  const recording = createRecording(PROMISE);
  const heights = new Map(peaks);
  for (let i = 0; i < length; i++) recording.watch("k", i, null, heights.get(i) ?? 0.01, i);
  return recording;
}

function episode(opened: number, onset: number, low: number, end: number | null): Episode {
  return {
    key: "k",
    opened: { index: opened },
    onset: { index: onset, low, high: opened },
    closed: end === null ? null : { index: end },
  } as Episode;
}

const at = (rows: ReturnType<typeof whatIf>["rows"], level: number) => rows[LEVELS.indexOf(level)]!;

test("a lower line alarms earlier in the same change, and elsewhere too; a higher one is told by the far run", () => {
  const own = record(5_000, [
    [500, 0.4],
    [2_030, 0.2],
    [2_060, 0.6],
    [2_100, 1.2],
  ]);
  const far = record(5_000, [
    [2_100, 1.2],
    [2_400, 20],
  ]);
  const { rows, beyond } = whatIf(own, far, [episode(2_100, 2_000, 1_950, 2_700)]);
  expect(beyond).toBe(true);
  expect(at(rows, 1)).toEqual({ level: 1, alarms: 1, found: 1, further: 0, delay: { median: 100, late: 100 } });
  expect(at(rows, 0.562)).toEqual({ level: 0.562, alarms: 1, found: 1, further: 0, delay: { median: 60, late: 60 } });
  expect(at(rows, 0.178)).toEqual({ level: 0.178, alarms: 2, found: 1, further: 1, delay: { median: 30, late: 30 } });
  expect(at(rows, 10)).toEqual({ level: 10, alarms: 1, found: 1, further: 0, delay: { median: 400, late: 400 } });
  expect(at(rows, 31.6)).toEqual({ level: 31.6, alarms: 0, found: 0, further: 0, delay: null });
});

test("without a far run nothing is told above the run's own line", () => {
  const { rows, beyond } = whatIf(record(10, []), null, []);
  expect(beyond).toBe(false);
  expect(rows.at(-1)!.level).toBe(1);
});

test("a peak while the line is not quiet yet belongs to the alarm before it, one after five hundred quiet events does not", () => {
  const { rows } = whatIf(
    record(3_000, [
      [100, 2],
      [590, 2],
      [1_500, 2],
    ]),
    null,
    [],
  );
  expect(at(rows, 1)).toMatchObject({ alarms: 2, further: 2 });
});

test("where the promise is short, evidence that passes a tenth of the line by chance all the time counts as quiet", () => {
  expect(quietLines(1_000)[LEVELS.indexOf(1)]).toBe(0.5);
  expect(quietLines(1e6)[LEVELS.indexOf(1)]).toBe(0.1);
  expect(quietLines(5_000)[LEVELS.indexOf(1)]).toBe(0.2);
});
