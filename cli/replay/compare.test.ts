import { expect, test } from "vitest";
import { REFUSED_KEY } from "../../engine/refusals.ts";
import type { Signal } from "../../engine/signal.ts";
import { compareSignals } from "./compare.ts";
import { watchHistories } from "./history.ts";
import { spotsIn } from "./spots.ts";

function signal(offset: number, index: number, more: Partial<Signal> = {}): Signal {
  return {
    id: `${offset}`,
    monitor: "m",
    detector: "numeric",
    key: "k",
    kind: "drift",
    severity: "critical",
    index,
    time: null,
    position: { topic: "t", partition: 0, offset: String(offset) },
    onset: null,
    statistic: 2,
    threshold: 1,
    score: 2,
    summary: "",
    explanation: {},
    version: 1,
    ...more,
  };
}

const stretch = { partition: 0, begin: 0, from: 100, to: 1000, live: 900, gone: { from: 50, to: 100 } };

/** Key k has an event at each offset; evidence from `speaks` on; the live run had `behind` events more of it. */
function compare(past: Signal[], now: Signal[], { speaks = 300, behind = 40, within = 0, learns = true } = {}) {
  const histories = watchHistories();
  for (const { key, index, position } of past) histories.expect(key, index, Number(position.offset));
  for (let offset = 0; offset < 1000; offset++) histories.watch("k", offset, null, offset < speaks ? 0 : 0.5, offset);
  expect(histories.missing("k")).toBe(past.some(({ key }) => key === "k") ? behind : 0);
  return compareSignals({ past, now, stretches: [stretch], spots: spotsIn("t"), histories, learns, within });
}

test("what was said at one event of one kind is the same; the rest is told apart", () => {
  const found = compare([signal(400, 440), signal(500, 540)], [signal(400, 400), signal(600, 600)]);
  expect(found).toMatchObject({ same: 1, moved: 0, saidOtherwise: 0 });
  expect(found.onlyThen.map((each) => each.position.offset)).toEqual(["500"]);
  expect(found.onlyNow.map((each) => each.position.offset)).toEqual(["600"]);
  expect(found.rows).toEqual([{ key: "k", kind: "drift", same: 1, onlyThen: 1, onlyNow: 1, notCompared: 0 }]);
});

test("with --within the same thing said a little earlier or later is the same, in events of its key", () => {
  const [past, now] = [[signal(500, 540)], [signal(505, 505)]];
  expect(compare(past, now, { within: 4 })).toMatchObject({ same: 0, moved: 0 });
  expect(compare(past, now, { within: 5 })).toMatchObject({ same: 1, moved: 1, onlyThen: [], onlyNow: [] });
  const kinds = [signal(505, 505, { kind: "warning" })];
  expect(compare(past, kinds, { within: 5 })).toMatchObject({ same: 0 });
});

test("where it cannot be compared it is counted apart: gone, ahead of the live run, or still learning here", () => {
  const past = [signal(20, 60), signal(70, 110), signal(200, 240), signal(350, 390)];
  const { notCompared, onlyThen, same } = compare(past, [signal(350, 350), signal(950, 950)]);
  expect(notCompared).toEqual({ gone: 1, learning: 1, ahead: 1 });
  expect({ onlyThen, same }).toEqual({ onlyThen: [], same: 1 });
});

test("with the same past behind the key, what is said while it learns counts too", () => {
  const told = { kind: "learnt" };
  const same = compare([signal(200, 200, told)], [signal(200, 200, told)], { behind: 0 });
  expect(same).toMatchObject({ same: 1, notCompared: { learning: 0 } });
  const other = compare([signal(200, 201, told)], [signal(200, 200, told)], { behind: 1 });
  expect(other).toMatchObject({ same: 0, notCompared: { learning: 2 } });
});

test("what is said of refused records needs no learning; a detector without a reference none either", () => {
  const refused = { key: REFUSED_KEY, kind: "schema_change" };
  expect(compare([signal(150, 3, refused)], [signal(150, 3, refused)])).toMatchObject({ same: 1 });
  expect(compare([signal(200, 240)], [signal(200, 200)], { learns: false })).toMatchObject({ same: 1 });
});

test("the same signal with another statistic is said otherwise", () => {
  expect(compare([signal(400, 440)], [signal(400, 400, { statistic: 3 })])).toMatchObject({
    same: 1,
    saidOtherwise: 1,
  });
});
