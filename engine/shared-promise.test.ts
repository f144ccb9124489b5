import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK, blockEnd, freshLedger, note, promiseAt, type SharedPromise } from "./shared-promise.ts";

const SHARE: SharedPromise = { kind: "discoveries", rate: 0.1, events: 10_000 };
const DAY_MS = 86_400_000;

test("each alarm of a stretch makes the next one easier, and the next stretch begins anew", () => {
  const ledger = freshLedger();
  expect(promiseAt(SHARE, ledger, 0)).toBe(100_000);
  note(ledger, null, 1);
  note(ledger, null, 1);
  // What happened in the block counts from the next one on.
  expect(promiseAt(SHARE, ledger, BLOCK - 1)).toBe(100_000);
  expect(promiseAt(SHARE, ledger, BLOCK)).toBeCloseTo(100_000 / 3);
  for (let i = 0; i < 10_000; i++) note(ledger, null, 0);
  expect(promiseAt(SHARE, ledger, 2 * BLOCK)).toBe(100_000);
});

test("a promise in days is that of all keys together: twice the events a day, twice the promise", () => {
  const promiseOf = (perDay: number, lanes = 1): number => {
    const shared: SharedPromise = { kind: "days", days: 2, lanes: () => lanes };
    const ledger = freshLedger();
    let promise = 0;
    for (let i = 0; i < 20 * BLOCK; i++) {
      promise = promiseAt(shared, ledger, i);
      note(ledger, (i * DAY_MS) / perDay, 0);
    }
    return promise;
  };
  expect(promiseOf(1_000)).toBeGreaterThan(1_900);
  expect(promiseOf(1_000)).toBeLessThan(2_100);
  expect(promiseOf(2_000) / promiseOf(1_000)).toBeCloseTo(2, 1);
  expect(promiseOf(1_000, 4) / promiseOf(1_000)).toBeCloseTo(4, 5);
  const untold = freshLedger();
  expect(promiseAt({ kind: "days", days: 2, lanes: () => 1 }, untold, 0)).toBe(Number.MAX_VALUE);
});

test("how the stream is cut into pieces does not matter, nor where it was stopped and taken up again", () => {
  const events = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 90 }), alarms: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 20 }), (stream, stopEvery) => {
      const run = (restarts: boolean): number[] => {
        let ledger = freshLedger();
        let offset = 0;
        return stream.map(({ gap, alarms }, i) => {
          offset += gap;
          if (restarts && i % stopEvery === 0) ledger = JSON.parse(JSON.stringify(ledger));
          const promise = promiseAt(SHARE, ledger, offset);
          note(ledger, null, alarms);
          return promise;
        });
      };
      expect(run(true)).toEqual(run(false));
    }),
  );
  expect([blockEnd(0), blockEnd(BLOCK - 1), blockEnd(BLOCK)]).toEqual([BLOCK, BLOCK, 2 * BLOCK]);
});
